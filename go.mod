module github.com/vinyl-edge/vinyl

go 1.26
