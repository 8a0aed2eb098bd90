# Functions that run and full share. Sourced by bash.

set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
export CI=true
export CGO_ENABLED=0 # a user's machine may have only Go; and what is compiled serves all sections but the race detector

STATICCHECK=honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOFUMPT=mvdan.cc/gofumpt@v0.12.0

started=$SECONDS
failed=()
times=()
scratch=$(mktemp -d)

# section NAME COMMAND... runs the command, prints its time, and goes on after
# a failure, so that one run shows all of them.
section() {
	local name=$1 start=$SECONDS status=0
	shift
	printf '\n=== %s\n' "$name"
	"$@" || status=$?
	local took=$((SECONDS - start))
	if ((status == 0)); then
		printf -- '--- %s: ok, %d s\n' "$name" "$took"
		times+=("$(printf '%5d s  ok      %s' "$took" "$name")")
	else
		printf -- '--- %s: FAILED with status %d, %d s\n' "$name" "$status" "$took"
		times+=("$(printf '%5d s  FAILED  %s' "$took" "$name")")
		failed+=("$name")
	fi
}

# finish prints what took how long, and exits.
finish() {
	printf '\n=== Summary\n'
	printf '%s\n' "${times[@]}"
	printf '%5d s  in total\n' $((SECONDS - started))
	if ((${#failed[@]} > 0)); then
		printf 'FAILED: %s\n' "${failed[@]}"
		exit 1
	fi
	echo "All sections passed."
}

cleanup() {
	if [[ -n ${pg_dir:-} ]]; then
		as_database "$pg_bin/pg_ctl" -D "$pg_dir/data" -m immediate stop >/dev/null 2>&1
		rm -rf "$pg_dir"
	fi
	rm -rf "$scratch"
}
trap cleanup EXIT

# install gets what is missing from Debian, when it can: go test ./... needs
# nothing but Go, and tests that need more skip themselves.
install() {
	local missing=()
	command -v gcc >/dev/null || missing+=(gcc libc6-dev)
	command -v node >/dev/null || missing+=(nodejs)
	command -v git >/dev/null || missing+=(git)
	find_postgres || missing+=(postgresql)
	if ((${#missing[@]} == 0)); then
		echo "nothing is missing"
	elif ((EUID != 0)) || ! command -v apt-get >/dev/null; then
		echo "not installed, and installing needs root on Debian: ${missing[*]}"
	else
		echo "installing: ${missing[*]}"
		apt-get update -q >"$scratch/apt.log" 2>&1 &&
			DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "${missing[@]}" >>"$scratch/apt.log" 2>&1 ||
			{ tail -20 "$scratch/apt.log"; return 1; }
	fi
	install_pgbouncer
	go version && go env GOOS GOARCH GOPROXY
	install_js
}

# install_js gets the JavaScript client of libSQL, for the tests of db serve.
install_js() {
	if [[ -n ${VINYL_LIBSQL_JS:-} ]]; then
		return 0
	fi
	if ! command -v npm >/dev/null && ((EUID == 0)) && command -v apt-get >/dev/null; then
		DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends npm >>"$scratch/apt.log" 2>&1
	fi
	command -v npm >/dev/null || { echo "no npm: the tests with JavaScript clients will say so"; return 0; }
	npm install --silent --no-audit --no-fund --ignore-scripts --omit=optional --prefix "$scratch/js" @libsql/client@0.18.0 &&
		export VINYL_LIBSQL_JS="$scratch/js/node_modules"
}

# install_pgbouncer is for tests that skip themselves where it can't be had.
install_pgbouncer() {
	[[ -x /usr/sbin/pgbouncer ]] || command -v pgbouncer >/dev/null || ((EUID != 0)) || ! command -v apt-get >/dev/null ||
		{ apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends pgbouncer; } >"$scratch/apt.log" 2>&1
	if [[ -x /usr/sbin/pgbouncer ]] || command -v pgbouncer >/dev/null; then
		export VINYL_REQUIRE=pgbouncer
	else
		echo "no PgBouncer: its tests skip themselves"
	fi
}

# find_postgres sets pg_bin to the newest server's programs.
find_postgres() {
	pg_bin=$(find /usr/lib/postgresql -path '*/bin/initdb' 2>/dev/null | sort -V | tail -1)
	[[ -n $pg_bin ]] || pg_bin=$(command -v initdb) || return 1
	pg_bin=$(dirname "$pg_bin")
}

# as_database runs a command as a user that PostgreSQL accepts: not as root.
as_database() {
	if ((EUID != 0)); then
		"$@"
	else
		(cd / && runuser -u "$pg_user" -- "$@")
	fi
}

# start_postgres runs a private server in a temporary folder, on a free port,
# and exports its address as VINYL_TEST_POSTGRES.
start_postgres() {
	if ! find_postgres; then
		echo "no PostgreSQL: tests that need it skip themselves"
		return 0
	fi
	pg_user=nobody
	id postgres >/dev/null 2>&1 && pg_user=postgres
	pg_dir=$(mktemp -d /tmp/vinyl-pg.XXXXXX) && chmod 755 "$pg_dir" && mkdir "$pg_dir/data" || return 1
	((EUID != 0)) || chown -R "$pg_user" "$pg_dir"
	as_database "$pg_bin/initdb" -D "$pg_dir/data" -U vinyl -A trust -E UTF8 --locale=C.UTF-8 --no-sync >"$scratch/pg.log" 2>&1 ||
		{ cat "$scratch/pg.log"; return 1; }
	local port try
	for try in 1 2 3 4 5; do
		port=$((20000 + RANDOM % 20000))
		if as_database "$pg_bin/pg_ctl" -D "$pg_dir/data" -l "$pg_dir/log" -w -t 60 \
			-o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$pg_dir -c fsync=off -c max_connections=200" \
			start >"$scratch/pg.log" 2>&1; then
			export VINYL_TEST_POSTGRES="postgres://vinyl@127.0.0.1:$port/postgres?sslmode=disable"
			echo "PostgreSQL: $("$pg_bin/postgres" --version), port $port"
			return 0
		fi
	done
	cat "$scratch/pg.log" "$pg_dir/log"
	return 1
}

formatted() {
	# Generated and third-party-shaped code is formatted by its generator.
	local files
	files=$(git ls-files -co --exclude-standard -- '*.go' | grep -v -e '_templ\.go$' -e '/testdata/')
	local bad
	bad=$(xargs -r go run "$GOFUMPT" -l <<<"$files") || return 1
	[[ -z $bad ]] || { printf 'not formatted, run go run %s -w on:\n%s\n' "$GOFUMPT" "$bad"; return 1; }
}

vet() {
	go vet ./... && GOOS=wasip1 GOARCH=wasm go vet ./abi ./orm ./orm/schema ./orm/query ./templ ./guest/...
}

module() { go list -m; }

staticcheck() { go run "$STATICCHECK" ./...; }

tests() { go test -timeout 15m ./...; }

# race runs the packages that share memory between goroutines.
race() {
	command -v gcc >/dev/null || { echo "the race detector needs gcc"; return 1; }
	local packages
	packages=$(go list ./... | grep -E "^$(module)/(abi|guest|orm|host)(/|$)")
	# shellcheck disable=SC2086 # a list
	CGO_ENABLED=1 go test -race -short -timeout 10m $packages
}

# fuzz TOTAL MAX gives every Fuzz function the same time, at most MAX seconds,
# TOTAL seconds for all of them.
fuzz() {
	local total=$1 each=$2 list package dir names name status=0 targets=()
	list=$(go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}} {{.Dir}}{{end}}' ./...) || return 1
	while read -r package dir; do
		[[ -n $package ]] || continue
		names=$(grep -hoE '^func Fuzz\w+' "$dir"/*_test.go | sed 's/^func //' | sort -u)
		for name in $names; do targets+=("$package $name"); done
	done <<<"$list"
	((${#targets[@]} > 0)) || { echo "no Fuzz functions found"; return 1; }
	((each * ${#targets[@]} <= total)) || each=$((total / ${#targets[@]}))
	((each > 0)) || each=1
	echo "${#targets[@]} targets, $each s each"
	local built=''
	for name in "${targets[@]}"; do
		read -r package name <<<"$name"
		dir=$(go list -f '{{.Dir}}' "$package")
		if [[ $built != "$package" ]]; then # once for all targets of a package
			go test -c -fuzz "^$name\$" -o "$scratch/fuzz.test" "$package" || return 1
			built=$package
		fi
		if (cd "$dir" && "$scratch/fuzz.test" -test.run '^$' -test.fuzz "^$name\$" -test.fuzztime "${each}s" -test.fuzzcachedir "$scratch/fuzz") >"$scratch/fuzz.log" 2>&1; then
			printf 'ok   %s %s: %s\n' "${package#"$(module)"/}" "$name" "$(grep -o 'execs: [0-9]*' "$scratch/fuzz.log" | tail -1)"
		elif grep -q '^    context deadline exceeded$' "$scratch/fuzz.log" && ! grep -qE 'Failing input|panic' "$scratch/fuzz.log"; then
			# Go's fuzzing ended its own time while a worker was busy (go.dev/issue/75804): no input failed.
			printf 'ok   %s %s: %s, stopped late\n' "${package#"$(module)"/}" "$name" "$(grep -o 'execs: [0-9]*' "$scratch/fuzz.log" | tail -1)"
		else
			status=1
			printf 'FAIL %s %s\n' "$package" "$name"
			tail -40 "$scratch/fuzz.log"
		fi
	done
	return $status
}

benchmarks() { go test -run '^$' -bench . -benchmem -timeout 60m ./...; }
