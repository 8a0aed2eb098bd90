// Package gomodels reads models from Go packages that have been type-checked,
// without running them: what vinyl-edge generate and vinyl-edge check know of an
// app. Mistakes in the models themselves are found when the app starts.
package gomodels
