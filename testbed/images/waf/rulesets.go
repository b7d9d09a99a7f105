package main

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"

	coreruleset "github.com/corazawaf/coraza-coreruleset/v4"
	"github.com/corazawaf/coraza/v3"
	"github.com/corazawaf/coraza/v3/types"
)

// The core rules behind Cloud Armor's names. https://cloud.google.com/armor/docs/waf-rules
var files = map[string]string{
	"methodenforcement": "REQUEST-911-METHOD-ENFORCEMENT",
	"scannerdetection":  "REQUEST-913-SCANNER-DETECTION",
	"protocolattack":    "REQUEST-921-PROTOCOL-ATTACK",
	"lfi":               "REQUEST-930-APPLICATION-ATTACK-LFI",
	"rfi":               "REQUEST-931-APPLICATION-ATTACK-RFI",
	"rce":               "REQUEST-932-APPLICATION-ATTACK-RCE",
	"php":               "REQUEST-933-APPLICATION-ATTACK-PHP",
	"nodejs":            "REQUEST-934-APPLICATION-ATTACK-GENERIC",
	"xss":               "REQUEST-941-APPLICATION-ATTACK-XSS",
	"sqli":              "REQUEST-942-APPLICATION-ATTACK-SQLI",
	"sessionfixation":   "REQUEST-943-APPLICATION-ATTACK-SESSION-FIXATION",
	"java":              "REQUEST-944-APPLICATION-ATTACK-JAVA",
}

// Every signature is on unless a rule says less.
const defaultSensitivity = 4

var (
	call        = regexp.MustCompile(`evaluatePreconfigured(?:Waf|Expr)\(\s*'([a-z]+)-v\d+-(?:stable|canary)'\s*(?:,\s*(\{[^}]*\}|\[[^\]]*\]))?\s*\)`)
	sensitivity = regexp.MustCompile(`'sensitivity'\s*:\s*(\d)`)
	signature   = regexp.MustCompile(`id(\d{6})`)
	optIn       = regexp.MustCompile(`'opt_in_rule_ids'\s*:\s*\[([^\]]*)\]`)

	engines     = map[string]coraza.WAF{}
	enginesLock sync.Mutex
)

// ruleSet is one evaluatePreconfiguredWaf('...') of an expression.
type ruleSet struct {
	name   string
	number int
	in     map[int]bool
	out    map[int]bool
	engine coraza.WAF
}

// ruleSets reads an expression: rule sets joined by ||. What else Cloud Armor's language can say is refused.
func ruleSets(expression string) ([]*ruleSet, error) {
	if expression == "" {
		return nil, nil
	}
	rest := strings.TrimSpace(strings.ReplaceAll(call.ReplaceAllString(expression, ""), "||", ""))
	if rest != "" {
		return nil, fmt.Errorf("expression %q: only rule sets joined by || are played here", expression)
	}
	var made []*ruleSet
	for _, parts := range call.FindAllStringSubmatch(expression, -1) {
		file, known := files[parts[1]]
		if !known {
			return nil, fmt.Errorf("rule set %q is not played here", parts[1])
		}
		set := &ruleSet{name: parts[1], in: map[int]bool{}, out: map[int]bool{}}
		set.number, _ = strconv.Atoi(strings.Split(file, "-")[1])
		level := defaultSensitivity
		if found := sensitivity.FindStringSubmatch(parts[2]); found != nil {
			level, _ = strconv.Atoi(found[1])
		}
		options := parts[2]
		if found := optIn.FindStringSubmatch(options); found != nil {
			numbers(found[1], set.in)
			options = optIn.ReplaceAllString(options, "")
		}
		numbers(options, set.out)
		var err error
		if set.engine, err = engine(file, max(level, map[bool]int{true: 4}[len(set.in) > 0])); err != nil {
			return nil, err
		}
		made = append(made, set)
	}
	return made, nil
}

func numbers(text string, into map[int]bool) {
	for _, found := range signature.FindAllStringSubmatch(text, -1) {
		number, _ := strconv.Atoi(found[1])
		into[number] = true
	}
}

// engine is Coraza with one file of the core rules, at a paranoia level, refusing nothing by itself.
func engine(file string, level int) (coraza.WAF, error) {
	enginesLock.Lock()
	defer enginesLock.Unlock()
	key := fmt.Sprintf("%s/%d", file, level)
	if found := engines[key]; found != nil {
		return found, nil
	}
	directives := fmt.Sprintf(`
Include @coraza.conf-recommended
SecRuleEngine DetectionOnly
SecAuditEngine Off
SecAction "id:900000,phase:1,pass,t:none,nolog,setvar:tx.blocking_paranoia_level=%[1]d,setvar:tx.detection_paranoia_level=%[1]d"
Include @crs-setup.conf.example
Include @owasp_crs/REQUEST-901-INITIALIZATION.conf
Include @owasp_crs/%[2]s.conf
`, max(level, 1), file)
	made, err := coraza.NewWAF(coraza.NewWAFConfig().WithRootFS(coreruleset.FS).WithDirectives(directives))
	if err == nil {
		engines[key] = made
	}
	return made, err
}

// signatures are the identifiers of the core rules that a request matches.
func (s *ruleSet) signatures(of *asked) []string {
	transaction := s.engine.NewTransaction()
	defer transaction.Close()
	examine(transaction, of)
	var found []string
	for _, matched := range transaction.MatchedRules() {
		number := matched.Rule().ID()
		// The first hundred of a file steer its levels and are no signatures.
		if number/1000 != s.number || number%1000 < 100 || s.out[number] || (len(s.in) > 0 && !s.in[number]) {
			continue
		}
		found = append(found, fmt.Sprintf("id%d-%s", number, s.name))
	}
	return found
}

func examine(transaction types.Transaction, of *asked) {
	transaction.ProcessConnection(of.client, 0, "", 0)
	transaction.ProcessURI(of.uri, of.request.Method, "HTTP/1.1")
	for name, values := range of.request.Header {
		for _, value := range values {
			transaction.AddRequestHeader(name, value)
		}
	}
	transaction.AddRequestHeader("Host", of.request.Host)
	transaction.SetServerName(of.request.Host)
	transaction.ProcessRequestHeaders()
	if len(of.body) > 0 && of.request.Method != http.MethodTrace {
		if _, _, err := transaction.WriteRequestBody(of.body); err != nil {
			return
		}
	}
	_, _ = transaction.ProcessRequestBody()
}
