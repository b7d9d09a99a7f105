package main

import (
	"net/http"
	"strings"
	"sync"
	"time"
)

type threshold struct {
	Count    int `json:"count"`
	Interval int `json:"intervalSec"`
}

// limit is compute's SecurityPolicyRuleRateLimitOptions.
type limit struct {
	Conform   string    `json:"conformAction"`
	Exceed    string    `json:"exceedAction"`
	Key       string    `json:"enforceOnKey"`
	KeyName   string    `json:"enforceOnKeyName"`
	Threshold threshold `json:"rateLimitThreshold"`
	Ban       threshold `json:"banThreshold"`
	BanFor    int       `json:"banDurationSec"`
}

type window struct {
	began  time.Time
	count  int
	banned time.Time
}

type rates struct {
	limit   limit
	lock    sync.Mutex
	windows map[string]*window
}

// exceeded counts a request, and says whether it is over its key's rate or its key is banned.
func (r *rates) exceeded(of *asked, now time.Time) bool {
	r.lock.Lock()
	defer r.lock.Unlock()
	key := r.limit.key(of.request, of.client)
	found := r.windows[key]
	if found == nil {
		r.forget(now)
		found = &window{began: now}
		r.windows[key] = found
	}
	interval := time.Duration(r.limit.Threshold.Interval) * time.Second
	if now.Sub(found.began) >= interval {
		found.began, found.count = now, 0
	}
	found.count++
	over := found.count > r.limit.Threshold.Count
	if over && r.limit.BanFor > 0 && found.count > max(r.limit.Ban.Count, r.limit.Threshold.Count) {
		found.banned = now.Add(time.Duration(r.limit.BanFor) * time.Second)
	}
	return over || now.Before(found.banned)
}

// forget drops keys of which nothing is to be remembered any more.
func (r *rates) forget(now time.Time) {
	interval := time.Duration(r.limit.Threshold.Interval) * time.Second
	for key, found := range r.windows {
		if now.Sub(found.began) >= interval && now.After(found.banned) {
			delete(r.windows, key)
		}
	}
}

func (l limit) key(request *http.Request, client string) string {
	switch l.Key {
	case "", "ALL":
		return ""
	case "HTTP_HEADER":
		return request.Header.Get(l.KeyName)
	case "HTTP_PATH":
		return request.URL.Path
	case "XFF_IP":
		return strings.TrimSpace(strings.Split(request.Header.Get("X-Forwarded-For"), ",")[0])
	case "HTTP_COOKIE":
		if cookie, err := request.Cookie(l.KeyName); err == nil {
			return cookie.Value
		}
		return ""
	default:
		return client
	}
}
