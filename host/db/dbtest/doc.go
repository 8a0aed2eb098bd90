// Package dbtest is what every driver of package db must do, as tests.
package dbtest
