// Package urls declares which path leads to which view, in Django's terms.
package urls
