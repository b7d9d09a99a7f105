"""Every alert against the Prometheus that the platform runs: promtool evaluates the shipped rule files.

test_alertmanager (a published verdict → a real Prometheus → a real Alertmanager → a webhook)
test_alert_arrives (the same on the platform, by the role)
test_published_verdicts (the last play of verify.yml → a ConfigMap → a real Prometheus → alerts on proofs)
cases.yml (an alert, the series that make it fire, those of its silent twin) → test_alerts (promtool test rules)
"""
