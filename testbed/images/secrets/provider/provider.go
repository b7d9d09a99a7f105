package main

import (
	"context"
	"encoding/json"
	"path"
	"strconv"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"sigs.k8s.io/secrets-store-csi-driver/provider/v1alpha1"
	"sigs.k8s.io/yaml"
)

const (
	tokensAttribute = "csi.storage.k8s.io/serviceAccount.tokens"
	podAuth         = "pod-adc"
)

// secret is an entry of a SecretProviderClass's parameter "secrets".
type secret struct {
	ResourceName string `json:"resourceName"`
	Path         string `json:"path"`
	FileName     string `json:"fileName"`
	Mode         *int32 `json:"mode"`
}

// place is where the secret's file is in the volume; it never leaves it.
func (s secret) place() (string, error) {
	place := s.Path
	if place == "" {
		place = s.FileName
	}
	if place == "" || path.IsAbs(place) || strings.HasPrefix(path.Clean(place), "..") {
		return "", status.Errorf(codes.InvalidArgument, "%s: the path %q is not one in the volume", s.ResourceName, place)
	}
	return place, nil
}

// provider answers the driver: all files of a volume, or none and why.
type provider struct {
	google google
	pool   string
}

func (p *provider) Version(context.Context, *v1alpha1.VersionRequest) (*v1alpha1.VersionResponse, error) {
	return &v1alpha1.VersionResponse{Version: "v1alpha1", RuntimeName: "gke", RuntimeVersion: "v1.0.0"}, nil
}

func (p *provider) Mount(ctx context.Context, request *v1alpha1.MountRequest) (*v1alpha1.MountResponse, error) {
	var attributes map[string]string
	if err := json.Unmarshal([]byte(request.GetAttributes()), &attributes); err != nil {
		return nil, status.Errorf(codes.InvalidArgument, "the attributes can't be read: %v", err)
	}
	secrets, err := parsed(attributes)
	if err != nil {
		return nil, err
	}
	mode, err := strconv.ParseInt(request.GetPermission(), 10, 32)
	if err != nil {
		return nil, status.Errorf(codes.InvalidArgument, "the permission can't be read: %v", err)
	}
	podToken, err := p.podToken(attributes[tokensAttribute])
	if err != nil {
		return nil, err
	}
	token, err := p.google.exchange(ctx, podToken)
	if err != nil && status.Code(err) != codes.Unavailable { // which the driver tries again by itself
		err = status.Errorf(codes.PermissionDenied, "unable to obtain auth for mount: %s", status.Convert(err).Message())
	}
	if err != nil {
		return nil, err
	}
	answer := &v1alpha1.MountResponse{}
	for _, wanted := range secrets {
		place, err := wanted.place()
		if err != nil {
			return nil, err
		}
		contents, version, err := p.google.access(ctx, token, wanted.ResourceName)
		if err != nil {
			return nil, err
		}
		file := &v1alpha1.File{Path: place, Mode: int32(mode), Contents: contents}
		if wanted.Mode != nil {
			file.Mode = *wanted.Mode
		}
		answer.Files = append(answer.Files, file)
		seen := &v1alpha1.ObjectVersion{Id: wanted.ResourceName, Version: version}
		answer.ObjectVersion = append(answer.ObjectVersion, seen)
	}
	return answer, nil
}

func parsed(attributes map[string]string) ([]secret, error) {
	if auth := attributes["auth"]; auth != "" && auth != podAuth {
		return nil, status.Errorf(codes.InvalidArgument, "auth is %q, expected %q", auth, podAuth)
	}
	var secrets []secret
	if err := yaml.UnmarshalStrict([]byte(attributes["secrets"]), &secrets); err != nil {
		return nil, status.Errorf(codes.InvalidArgument, "the parameter secrets can't be read: %v", err)
	}
	if len(secrets) == 0 {
		return nil, status.Error(codes.InvalidArgument, "the parameter secrets names none")
	}
	return secrets, nil
}

// podToken is the token that the kubelet had made for the pod's service account and the pool.
func (p *provider) podToken(attribute string) (string, error) {
	var tokens map[string]struct{ Token string }
	if err := json.Unmarshal([]byte(attribute), &tokens); err != nil || tokens[p.pool].Token == "" {
		// The error could quote the tokens.
		return "", status.Errorf(codes.Unauthenticated, "the kubelet sent no token for the audience %s", p.pool)
	}
	return tokens[p.pool].Token, nil
}
