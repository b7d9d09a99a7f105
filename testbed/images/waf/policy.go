package main

import (
	"encoding/json"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"sync"
	"time"
)

// asked is a request as the client sent it.
type asked struct {
	request *http.Request
	uri     string
	body    []byte
	client  string
}

// rule is compute's SecurityPolicyRule, as far as a regional policy uses it.
type rule struct {
	Priority int    `json:"priority"`
	Action   string `json:"action"`
	Preview  bool   `json:"preview"`
	Match    struct {
		Config struct {
			Ranges []string `json:"srcIpRanges"`
		} `json:"config"`
		Expr struct {
			Expression string `json:"expression"`
		} `json:"expr"`
	} `json:"match"`
	Limit *limit `json:"rateLimitOptions"`

	sets  []*ruleSet
	rates *rates
}

type policy struct {
	name     string
	modified time.Time
	rules    []*rule
}

type policies struct {
	folder string
	lock   sync.Mutex
	known  map[string]*policy
}

var policyName = regexp.MustCompile(`^[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?$`)

// get reads a policy, once for each change of its file. Counters of rates start anew with a change.
func (p *policies) get(name string) (*policy, error) {
	if !policyName.MatchString(name) {
		return nil, os.ErrNotExist
	}
	path := filepath.Join(p.folder, name+".json")
	facts, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	p.lock.Lock()
	defer p.lock.Unlock()
	if found := p.known[name]; found != nil && found.modified.Equal(facts.ModTime()) {
		return found, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	made := &policy{name: name, modified: facts.ModTime()}
	if err := json.Unmarshal(text, &made.rules); err != nil {
		return nil, err
	}
	for _, each := range made.rules {
		if each.sets, err = ruleSets(each.Match.Expr.Expression); err != nil {
			return nil, err
		}
		if each.Limit != nil {
			each.rates = &rates{limit: *each.Limit, windows: map[string]*window{}}
		}
	}
	sort.Slice(made.rules, func(i, j int) bool { return made.rules[i].Priority < made.rules[j].Priority })
	p.known[name] = made
	return made, nil
}

// decide is the status that a request gets: 200 lets it pass.
func (p *policy) decide(of *asked) int {
	for _, each := range p.rules {
		matched, signatures := each.matches(of)
		if !matched {
			continue
		}
		outcome, enforced := each.outcome(of)
		if outcome != http.StatusOK || len(signatures) > 0 {
			note(map[string]any{
				"policy": p.name, "priority": each.Priority, "action": each.Action, "preview": each.Preview,
				"signatures": signatures, "status": outcome, "client": of.client, "path": of.uri,
			})
		}
		if !each.Preview && enforced {
			return outcome
		}
	}
	return http.StatusOK
}

// outcome is what a rule that matches says, and whether it decides: a rate that conforms allows.
func (r *rule) outcome(of *asked) (int, bool) {
	switch {
	case r.Action == "allow":
		return http.StatusOK, true
	case r.rates != nil:
		if r.rates.exceeded(of, time.Now()) {
			return status(r.Limit.Exceed), true
		}
		return http.StatusOK, true
	default:
		return status(r.Action), true
	}
}

func (r *rule) matches(of *asked) (bool, []string) {
	if r.Match.Expr.Expression == "" {
		return inRanges(of.client, r.Match.Config.Ranges), nil
	}
	var signatures []string
	for _, set := range r.sets {
		signatures = append(signatures, set.signatures(of)...)
	}
	return len(signatures) > 0, signatures
}

func inRanges(client string, ranges []string) bool {
	address, err := netip.ParseAddr(client)
	for _, text := range ranges {
		if text == "*" {
			return true
		}
		if !strings.Contains(text, "/") {
			text += map[bool]string{true: "/128", false: "/32"}[strings.Contains(text, ":")]
		}
		prefix, wrong := netip.ParsePrefix(text)
		if err == nil && wrong == nil && prefix.Contains(address) {
			return true
		}
	}
	return false
}
