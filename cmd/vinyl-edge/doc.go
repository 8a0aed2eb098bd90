// Command vinyl-edge builds and serves apps.
//
//	vinyl-edge serve ./examples/polls     build the app and serve it
//	vinyl-edge build ./examples/polls -o polls.wasm
//	vinyl-edge version
//
// # Configuration
//
// Every option of serve can be given in three places. A flag wins over the
// environment, and the environment over the file:
//
//	file          vinyl.toml in the app's folder (or beside the .wasm)
//	environment   VINYL_ and the option's name: VINYL_ADDR, VINYL_LOG_FORMAT
//	flag          --addr, --log-format
//
// Keys in the file are the options' names; an unknown one is an error. Two
// tables are for the app:
//
//	addr = "127.0.0.1:8000"
//	instances = 4
//	allow-fetch = ["https://api.example.com"]
//
//	[settings]                      # guest.Settings, by Django's names
//	allowed_hosts = ["example.com"]
//	debug = true
//
//	[env]                           # further environment of the guest
//	GREETING = "hello"
//
// The app's settings can be given in the environment too, as
// VINYL_ALLOWED_HOSTS=example.com. The guest sees the VINYL_ variables that are
// not options of serve, and nothing else of the host's environment.
//
// File names in the file are relative to it, those in flags and in the
// environment to the working directory.
package main
