"""Every alert against the Prometheus that the platform runs: promtool evaluates the shipped rule files.

cases.yml (an alert, the series that make it fire, those of its silent twin) → test_alerts (promtool test rules)
"""
