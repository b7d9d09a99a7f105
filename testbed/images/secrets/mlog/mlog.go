// Package mlog stands in for the driver's logging library, of which it uses these few names: all of them end in klog,
// as the driver's own lines do.
package mlog

import (
	"context"
	"os"

	"k8s.io/klog/v2"
)

// The formats that the driver can ask for; klog writes text.
const (
	FormatText = "text"
	FormatJSON = "json"
)

// Setup returns what is to be called at the end: klog's buffers are written out.
func Setup() func() { return klog.Flush }

// ValidateAndSetKlogLevelAndFormatGlobally leaves klog as its own flags have set it.
func ValidateAndSetKlogLevelAndFormatGlobally(context.Context, klog.Level, string) error { return nil }

// Error logs an error.
func Error(message string, err error, fields ...any) { klog.ErrorS(err, message, fields...) }

// Always logs a line at every level.
func Always(message string, fields ...any) { klog.InfoS(message, fields...) }

// Fatal logs an error and ends the program.
func Fatal(err error) {
	klog.ErrorS(err, "the driver ends")
	klog.Flush()
	os.Exit(1)
}
