// Package templ answers the calls that the generator of github.com/a-h/templ
// emits, without net/http, html/template, fmt, regexp and encoding/json, so
// that a guest stays small. Builds put it in the place of templ's own runtime;
// components, generator and editors stay the standard ones.
//
// Output is byte for byte what templ v0.3.977 writes; a test in the folder
// above holds both against one corpus. What needs encoding/json or net/http
// (script templates with parameters other than JSExpression, values inside script elements,
// JSONScript, HTTP handlers and middleware, FromGoHTML) is absent: a component
// that uses it does not compile here, and the build takes templ's own runtime.
//
// API and behaviour follow templ by Adrian Hesketh (MIT License, see LICENSE
// beside this file).
package templ
