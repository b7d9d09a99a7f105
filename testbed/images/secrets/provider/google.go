package main

import (
	"context"
	"encoding/json"
	"hash/crc32"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	largest       = 1 << 20
	tokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange"
	tokenKind     = "urn:ietf:params:oauth:token-type:"
	scope         = "https://www.googleapis.com/auth/cloud-platform"
)

var (
	versionName = regexp.MustCompile(`^projects/[\w:.-]+/secrets/[\w-]+/versions/[\w-]+$`)
	meaning     = map[int]codes.Code{
		http.StatusBadRequest:      codes.FailedPrecondition,
		http.StatusUnauthorized:    codes.Unauthenticated,
		http.StatusForbidden:       codes.PermissionDenied,
		http.StatusNotFound:        codes.NotFound,
		http.StatusTooManyRequests: codes.ResourceExhausted,
	}
)

// google is Google's APIs as one workload identity pool's member uses them.
type google struct {
	endpoint string
	audience string
	client   *http.Client
}

// exchange turns a pod's token into an access token of its own: no service account of Google's stands between.
func (g google) exchange(ctx context.Context, podToken string) (string, error) {
	form := url.Values{
		"grant_type":           {tokenExchange},
		"audience":             {g.audience},
		"scope":                {scope},
		"requested_token_type": {tokenKind + "access_token"},
		"subject_token_type":   {tokenKind + "jwt"},
		"subject_token":        {podToken},
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, g.url("sts", "token"), strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	var granted struct {
		AccessToken string `json:"access_token"`
	}
	if err := g.call(request, &granted); err != nil {
		return "", err
	}
	if granted.AccessToken == "" {
		return "", status.Error(codes.Internal, "the answer to the token exchange has no access token")
	}
	return granted.AccessToken, nil
}

// access reads a version's payload; the second result is the version's full name.
func (g google) access(ctx context.Context, token, name string) ([]byte, string, error) {
	if !versionName.MatchString(name) {
		return nil, "", status.Errorf(codes.InvalidArgument, "%q is not projects/*/secrets/*/versions/*", name)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, g.url("secretmanager", name+":access"), nil)
	if err != nil {
		return nil, "", err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	var answer struct {
		Name    string
		Payload struct {
			Data       []byte
			DataCrc32c string
		}
	}
	if err := g.call(request, &answer); err != nil {
		return nil, "", err
	}
	sum := crc32.Checksum(answer.Payload.Data, crc32.MakeTable(crc32.Castagnoli))
	if strconv.FormatUint(uint64(sum), 10) != answer.Payload.DataCrc32c {
		return nil, "", status.Errorf(codes.DataLoss, "%s: the payload does not fit its checksum", name)
	}
	return answer.Payload.Data, answer.Name, nil
}

func (g google) url(service, path string) string {
	return strings.ReplaceAll(g.endpoint, "{service}", service) + "/v1/" + path
}

func (g google) call(request *http.Request, into any) error {
	response, err := g.client.Do(request)
	if err != nil {
		return status.Errorf(codes.Unavailable, "%v", err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, largest))
	if err != nil {
		return status.Errorf(codes.Unavailable, "%v", err)
	}
	if response.StatusCode != http.StatusOK {
		code, known := meaning[response.StatusCode]
		if !known {
			code = codes.Unavailable
		}
		return status.Error(code, refusal(response.Status, body))
	}
	if err := json.Unmarshal(body, into); err != nil {
		return status.Error(codes.Internal, "the answer is not the JSON that was expected")
	}
	return nil
}

// refusal is what the server says of it: APIs and the token endpoint word it differently.
func refusal(line string, body []byte) string {
	var api struct{ Error struct{ Message string } }
	if json.Unmarshal(body, &api) == nil && api.Error.Message != "" {
		return api.Error.Message
	}
	var oauth struct {
		Error       string
		Description string `json:"error_description"`
	}
	if json.Unmarshal(body, &oauth) == nil && oauth.Description != "" {
		return oauth.Error + ": " + oauth.Description
	}
	return line
}
