// Cloud Armor's regional security policies, played with Coraza and the OWASP core rules.
//
// Envoy asks about each request (ext_authz over HTTP): the first segment of the path names the policy, the rest is the
// request as it came. The rules of a policy, in the form of compute's SecurityPolicyRule, are in POLICIES/<name>.json
// and are read again when the file changes. The first rule that matches decides; one in preview is logged and passed.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:9191", "where to answer")
	folder := flag.String("policies", "", "the folder of the policies")
	flag.Parse()
	log.SetFlags(0)
	policies := &policies{folder: *folder, known: map[string]*policy{}}
	server := &http.Server{Addr: *listen, Handler: http.HandlerFunc(policies.answer)}
	log.Fatal(server.ListenAndServe())
}

// answer says 200 where the policy allows the request, and else what the client is to get.
func (p *policies) answer(writer http.ResponseWriter, request *http.Request) {
	name, rest, _ := strings.Cut(strings.TrimPrefix(request.URL.EscapedPath(), "/"), "/")
	found, err := p.get(name)
	if err != nil {
		log.Printf(`{"policy":%q,"error":%q}`, name, err)
		http.Error(writer, "the policy can't be read", http.StatusInternalServerError)
		return
	}
	body, err := io.ReadAll(request.Body)
	if err != nil {
		http.Error(writer, "the request can't be read", http.StatusInternalServerError)
		return
	}
	uri := "/" + rest
	if request.URL.RawQuery != "" {
		uri += "?" + request.URL.RawQuery
	}
	deny(writer, found.decide(&asked{request: request, uri: uri, body: body, client: client(request)}))
}

// client is the last entry of X-Forwarded-For, which the load balancer itself added.
func client(request *http.Request) string {
	entries := strings.Split(request.Header.Get("X-Forwarded-For"), ",")
	return strings.TrimSpace(entries[len(entries)-1])
}

// deny writes a refusal as a load balancer of Google's does: one line of HTML that names the status.
func deny(writer http.ResponseWriter, status int) {
	if status == http.StatusOK {
		writer.WriteHeader(status)
		return
	}
	title := fmt.Sprintf("%d %s", status, http.StatusText(status))
	writer.Header().Set("Content-Type", "text/html; charset=UTF-8")
	writer.WriteHeader(status)
	fmt.Fprintf(writer, "<!doctype html><meta charset=\"utf-8\"><title>%s</title>%s", title, title)
}

// status is the number in deny(403).
func status(action string) int {
	text := strings.TrimSuffix(strings.TrimPrefix(action, "deny("), ")")
	number, err := strconv.Atoi(text)
	if err != nil {
		return http.StatusForbidden
	}
	return number
}

func note(fields map[string]any) {
	text, err := json.Marshal(fields)
	if err == nil {
		fmt.Fprintln(os.Stdout, string(text))
	}
}
