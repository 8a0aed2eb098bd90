package guest_test

import (
	"context"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/guest"
	"github.com/vinyl-edge/vinyl/guest/httpcache"
	"github.com/vinyl-edge/vinyl/guest/internal/route"
	"github.com/vinyl-edge/vinyl/guest/internal/uri"
	"github.com/vinyl-edge/vinyl/guest/json"
	"github.com/vinyl-edge/vinyl/guest/signing"
)

// factApp makes the app whose settings and URLs a fact was recorded with.
func factApp(f map[string]any) (*guest.App, error) {
	s := f["settings"].(map[string]any)
	app := &guest.App{Name: "facts", Settings: func(g *guest.Settings) {
		text := func(name string, p *string) {
			if v, ok := s[name]; ok {
				*p = str(v)
			}
		}
		flag := func(name string, p *bool) {
			if v, ok := s[name]; ok {
				*p, _ = v.(bool)
			}
		}
		num := func(name string, p *int) {
			if v, ok := s[name]; ok {
				*p = integer(v)
			}
		}
		flag("DEBUG", &g.Debug)
		text("SECRET_KEY", &g.SecretKey)
		for _, k := range list(s["SECRET_KEY_FALLBACKS"]) {
			g.SecretKeyFallbacks = append(g.SecretKeyFallbacks, str(k))
		}
		for _, h := range list(s["ALLOWED_HOSTS"]) {
			g.AllowedHosts = append(g.AllowedHosts, str(h))
		}
		flag("USE_X_FORWARDED_HOST", &g.UseXForwardedHost)
		flag("USE_X_FORWARDED_PORT", &g.UseXForwardedPort)
		if h := list(s["SECURE_PROXY_SSL_HEADER"]); len(h) == 2 {
			g.SecureProxySSLHeader = [2]string{str(h[0]), str(h[1])}
		}
		flag("APPEND_SLASH", &g.AppendSlash)
		flag("PREPEND_WWW", &g.PrependWWW)
		for _, re := range list(s["DISALLOWED_USER_AGENTS"]) {
			g.DisallowedUserAgents = append(g.DisallowedUserAgents, str(get(re, "$re")))
		}
		flag("SECURE_SSL_REDIRECT", &g.SecureSSLRedirect)
		text("SECURE_SSL_HOST", &g.SecureSSLHost)
		for _, re := range list(s["SECURE_REDIRECT_EXEMPT"]) {
			g.SecureRedirectExempt = append(g.SecureRedirectExempt, str(re))
		}
		num("SECURE_HSTS_SECONDS", &g.SecureHSTSSeconds)
		flag("SECURE_HSTS_INCLUDE_SUBDOMAINS", &g.SecureHSTSIncludeSubdomains)
		flag("SECURE_HSTS_PRELOAD", &g.SecureHSTSPreload)
		flag("SECURE_CONTENT_TYPE_NOSNIFF", &g.SecureContentTypeNosniff)
		text("SECURE_REFERRER_POLICY", &g.SecureReferrerPolicy)
		if l := list(s["SECURE_REFERRER_POLICY"]); l != nil {
			var parts []string
			for _, x := range l {
				parts = append(parts, str(x))
			}
			g.SecureReferrerPolicy = strings.Join(parts, ",")
		}
		text("SECURE_CROSS_ORIGIN_OPENER_POLICY", &g.SecureCrossOriginOpenerPolicy)
		text("X_FRAME_OPTIONS", &g.XFrameOptions)
		num("DATA_UPLOAD_MAX_MEMORY_SIZE", &g.DataUploadMaxMemorySize)
		num("DATA_UPLOAD_MAX_NUMBER_FIELDS", &g.DataUploadMaxNumberFields)
		num("DATA_UPLOAD_MAX_NUMBER_FILES", &g.DataUploadMaxNumberFiles)
		text("CACHE_MIDDLEWARE_KEY_PREFIX", &g.CacheMiddlewarePrefix)
	}}
	for _, p := range rootPatterns(f["urlconf"], factLang(f)) {
		app.URLs = append(app.URLs, factPattern(p))
	}
	return app, app.Setup(context.Background())
}

func factPattern(p route.Pattern) guest.Pattern {
	var children guest.Patterns
	for _, c := range p.Children {
		children = append(children, factPattern(c))
	}
	return guest.NewPattern(p, children)
}

// factRequest makes the request as a host would announce it.
func factRequest(f map[string]any, v any) (*guest.Request, error) {
	app, err := factApp(f)
	if err != nil {
		return nil, err
	}
	r := asMap(get(v, "$request"))
	meta := asMap(r["meta"])
	head := &abi.RequestHead{Method: str(r["method"]), Scheme: str(r["scheme"]), Query: str(meta["QUERY_STRING"]), Remote: str(meta["REMOTE_ADDR"])}
	head.Path = uri.Quote(str(r["path"]), "/")
	for _, name := range slices.Sorted(mapKeys(meta)) {
		switch {
		case name == "HTTP_HOST":
			head.Host = str(meta[name])
		case name == "HTTP_COOKIE" && str(meta[name]) == "":
		case strings.HasPrefix(name, "HTTP_"):
			head.Headers = append(head.Headers, header(strings.ReplaceAll(name[5:], "_", "-"), str(meta[name])))
		case name == "CONTENT_TYPE":
			head.Headers = append(head.Headers, header("content-type", str(meta[name])))
		}
	}
	if cookies := asMap(get(r["cookies"], "$map")); len(cookies) == 0 {
		for name, value := range asMap(r["cookies"]) {
			head.Headers = append(head.Headers, header("cookie", name+"="+str(value)))
		}
	}
	if head.Host == "" && meta["HTTP_HOST"] == nil {
		head.Host = str(meta["SERVER_NAME"])
		if head.Host == "" {
			head.Host = "testserver"
		}
		if port := str(meta["SERVER_PORT"]); port != "" && port != map[string]string{"http": "80", "https": "443"}[head.Scheme] {
			head.Host += ":" + port
		}
	}
	return guest.NewRequest(context.Background(), app, head, nil), nil
}

func header(name, value string) abi.Header {
	return abi.Header{Name: strings.ToLower(name), Value: value}
}

func mapKeys(m map[string]any) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func factResponse(v any) *guest.Response {
	r := asMap(get(v, "$response"))
	resp := &guest.Response{Status: integer(r["status"]), Reason: str(r["reason"])}
	if r["streaming"] == true {
		resp = guest.Stream("", func(w *guest.Writer) error { return nil }).WithStatus(resp.Status)
		resp.Header.Del("content-type")
	} else {
		resp.SetBody([]byte(str(r["content"])))
	}
	for _, h := range list(r["headers"]) {
		resp.Header.Set(str(list(h)[0]), str(list(h)[1]))
	}
	for _, c := range list(r["cookies"]) {
		guest.AddRawCookie(resp, str(c))
	}
	if get(r, "attrs", "xframe_options_exempt") == true {
		resp.XFrameOptionsExempt()
	}
	return resp
}

// sameResponse compares status, headers whatever their order, cookies, body.
func sameResponse(got *guest.Response, want any) error {
	r := asMap(get(want, "$response"))
	var headers, wantHeaders []string
	for name, value := range got.Header.All {
		headers = append(headers, name+": "+value)
	}
	for _, h := range list(r["headers"]) {
		wantHeaders = append(wantHeaders, strings.ToLower(str(list(h)[0]))+": "+str(list(h)[1]))
	}
	slices.Sort(headers)
	slices.Sort(wantHeaders)
	var cookies []string
	for _, c := range list(r["cookies"]) {
		cookies = append(cookies, str(c))
	}
	return differ(
		[]any{got.Status, headers, got.Cookies(), got.IsStream(), string(got.Body()), got.Reason},
		[]any{integer(r["status"]), wantHeaders, cookies, r["streaming"] == true, str(r["content"]), str(r["reason"])},
	)
}

// outcome compares an error with the recorded exception's class.
func outcome(f map[string]any, err error) (done bool, _ error) {
	class := exception(f)
	if class == "" {
		return false, err
	}
	ok := false
	switch class {
	case "DisallowedHost", "TooManyFieldsSent", "TooManyFilesSent", "MultiPartParserError":
		ok = err != nil && guest.StatusOf(err) == 400
	case "RequestDataTooBig":
		ok = err != nil && guest.StatusOf(err) == 413
	case "PermissionDenied":
		ok = errors.Is(err, guest.ErrPermissionDenied)
	case "BadHeaderError":
		ok = errors.Is(err, guest.ErrBadHeader)
	case "BadSignature":
		ok = errors.Is(err, signing.ErrBadSignature)
	case "SignatureExpired":
		ok = errors.Is(err, signing.ErrExpired)
	case "KeyError":
		ok = errors.Is(err, guest.ErrNoCookie)
	default:
		ok = err != nil
	}
	if !ok {
		return true, fmt.Errorf("got %v, want %s", err, class)
	}
	return true, nil
}

func replayHTTP(f map[string]any) error {
	fn := str(f["fn"])
	switch {
	case f["kind"] == "respctor":
		return replayConstructor(f)
	case f["kind"] == "multipart":
		return replayMultipart(f)
	case strings.HasPrefix(fn, "http.request.HttpRequest."):
		return replayRequest(f, strings.TrimPrefix(fn, "http.request.HttpRequest."))
	case strings.HasPrefix(fn, "http.request.MediaType."):
		m := guest.ParseMediaType(str(list(get(f["self"], "args"))[0]))
		switch strings.TrimPrefix(fn, "http.request.MediaType.") {
		case "__str__":
			return differ(m.String(), get(f, "out", "ok"))
		case "__repr__":
			return differ("<MediaType: "+m.String()+">", get(f, "out", "ok"))
		}
		return differ(m.Match(str(arg(f, 0, "other"))), get(f, "out", "ok"))
	case strings.Contains(fn, "QueryDict"):
		return replayQueryDict(f, fn[strings.LastIndexByte(fn, '.')+1:])
	case strings.HasPrefix(fn, "http.response."):
		return replayResponse(f, fn[strings.LastIndexByte(fn, '.')+1:])
	case strings.HasPrefix(fn, "utils.cache."):
		return replayCache(f, strings.TrimPrefix(fn, "utils.cache."))
	case fn == "http.cookie.parse_cookie":
		return differ(guest.ParseCookies(str(arg(f, 0, "cookie"))), asMap(get(f, "out", "ok", "$map")))
	case fn == "http.request.split_domain_port":
		d, p := guest.SplitDomainPort(str(arg(f, 0, "host")))
		return differ([]string{d, p}, list(get(f, "out", "ok")))
	}
	return errNoMeaning
}

func replayConstructor(f map[string]any) error {
	kw := asMap(f["kwargs"])
	contentType := "text/html; charset=utf-8"
	if v, ok := kw["content_type"]; ok {
		contentType = str(v)
	}
	if kw["charset"] != nil || exception(f) == "TypeError" {
		return errNoMeaning
	}
	status := 200
	if v, ok := kw["status"]; ok {
		if status = integer(v); status == 0 {
			status, _ = strconv.Atoi(str(v))
		}
	}
	content := arg(f, 0, "content")
	var resp *guest.Response
	switch str(f["class"]) {
	case "HttpResponse":
		var b strings.Builder
		b.WriteString(str(content))
		for _, c := range list(content) {
			b.WriteString(str(c))
		}
		resp = guest.NewResponse(status, contentType, []byte(b.String()))
	case "HttpResponseNotFound":
		resp = guest.NewResponse(404, contentType, []byte(str(content)))
	case "HttpResponseNotAllowed":
		var methods []string
		for _, m := range list(content) {
			methods = append(methods, str(m))
		}
		resp = guest.MethodNotAllowed(methods...)
		resp.Header.Set("content-type", contentType)
		resp.SetBody([]byte(str(kw["content"])))
	case "JsonResponse":
		resp = guest.JSON(jsonValue(content))
		if v, ok := kw["content_type"]; ok {
			resp.Header.Set("Content-Type", str(v))
		}
	default:
		return errNoMeaning
	}
	resp.Reason = str(kw["reason"])
	headers := kw["headers"]
	for k, v := range asMap(get(headers, "$map")) {
		if strings.EqualFold(k, "content-type") && kw["content_type"] != nil {
			return errNoMeaning // two parameters for one thing: Go's constructor has one
		}
		resp.Header.Set(k, str(v))
	}
	for _, h := range list(headers) {
		resp.Header.Set(str(list(h)[0]), str(list(h)[1]))
	}
	if done, err := outcome(f, resp.Err()); done || err != nil {
		return err
	}
	want := get(f, "out", "ok")
	if str(f["class"]) == "JsonResponse" { // the same value; spaces don't count
		var a, b any
		if err := stdjson.Unmarshal(resp.Body(), &a); err != nil {
			return err
		}
		if err := stdjson.Unmarshal([]byte(str(get(want, "$response", "content"))), &b); err != nil {
			return err
		}
		if err := differ(a, b); err != nil {
			return err
		}
		resp.SetBody([]byte(str(get(want, "$response", "content"))))
	}
	return sameResponse(resp, want)
}

func jsonValue(v any) any {
	switch v := v.(type) {
	case map[string]any:
		m := asMap(v["$map"])
		o := json.Object{}
		for _, k := range slices.Sorted(mapKeys(m)) {
			o = append(o, json.Member{Name: k, Value: jsonValue(m[k])})
		}
		return o
	case stdjson.Number:
		return goValue(v)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = jsonValue(v[i])
		}
		return out
	}
	return v
}

func replayMultipart(f map[string]any) error {
	app, err := factApp(f)
	if err != nil {
		return err
	}
	body := str(f["body"])
	length, _ := strconv.ParseInt(str(get(f, "meta", "CONTENT_LENGTH")), 10, 64)
	head := &abi.RequestHead{Method: "POST", Scheme: "http", Host: "testserver", Path: "/", Body: length}
	head.Headers = []abi.Header{{Name: "content-type", Value: str(get(f, "meta", "CONTENT_TYPE"))}}
	req := guest.NewRequest(context.Background(), app, head, io.MultiReader(oneByte{strings.NewReader(body)}))
	form, err := req.Form()
	if done, err := outcome(f, err); done || err != nil {
		return err
	}
	files := [][]any{}
	for _, name := range req.FileNames() {
		var l []any
		fs, _ := req.Files(name)
		for _, file := range fs {
			var charset any
			if file.Charset != "" {
				charset = file.Charset
			}
			l = append(l, map[string]any{"name": file.Name, "content_type": file.ContentType, "charset": charset, "content": string(file.Content), "field_name": name})
		}
		files = append(files, []any{name, l})
	}
	want := [][]any{}
	for _, e := range list(get(f, "out", "ok", "files", "$mvd")) {
		var l []any
		for _, file := range list(list(e)[1]) {
			m := asMap(get(file, "$file"))
			l = append(l, map[string]any{"name": m["name"], "content_type": m["content_type"], "charset": m["charset"], "content": str(m["content"]), "field_name": m["field_name"]})
		}
		want = append(want, []any{list(e)[0], l})
	}
	if err := differ(files, want); err != nil {
		return err
	}
	return sameQueryDict(form, get(f, "out", "ok", "post"))
}

// oneByte is the slowest client: boundaries fall between all reads.
type oneByte struct{ r io.Reader }

func (o oneByte) Read(p []byte) (int, error) { return o.r.Read(p[:min(1, len(p))]) }

func replayRequest(f map[string]any, method string) error {
	req, err := factRequest(f, f["self"])
	if err != nil {
		return err
	}
	var got any
	switch method {
	case "get_host":
		got, err = req.Host()
	case "get_port":
		got = req.Port()
	case "is_secure":
		got = req.IsSecure()
	case "get_full_path":
		got = req.FullPath()
	case "accepts":
		got = req.Accepts(str(arg(f, 0, "media_type")))
	case "build_absolute_uri":
		got, err = req.BuildAbsoluteURI(str(arg(f, 0, "location")))
	case "get_signed_cookie":
		seconds := integer(get(f, "kwargs", "max_age"))
		if td := get(f, "kwargs", "max_age", "$td"); td != nil {
			seconds = integer(td) / 1e6
		}
		got, err = req.SignedCookie(str(arg(f, 0, "key")), str(get(f, "kwargs", "salt")), time.Duration(seconds)*time.Second)
		if _, ok := asMap(f["kwargs"])["default"]; ok && err != nil { // as a view would
			got, err = get(f, "kwargs", "default"), nil
		}
	default:
		return errNoMeaning
	}
	if done, err := outcome(f, err); done || err != nil {
		return err
	}
	return differ(got, get(f, "out", "ok"))
}

func queryDict(v any) (*guest.QueryDict, error) {
	q := &guest.QueryDict{}
	for _, e := range list(get(v, "$qd")) {
		var values []string
		for _, x := range list(list(e)[1]) {
			s, ok := x.(string)
			if !ok {
				return nil, errNoMeaning
			}
			values = append(values, s)
		}
		q.SetList(str(list(e)[0]), values)
	}
	return q, nil
}

func sameQueryDict(q *guest.QueryDict, want any) error {
	got := [][]any{}
	for _, k := range q.Keys() {
		got = append(got, []any{k, q.List(k)})
	}
	w := get(want, "$qd")
	if w == nil {
		w = []any{}
	}
	return differ(got, w)
}

func replayQueryDict(f map[string]any, method string) error {
	if method == "parse" {
		q, err := guest.ParseQuery(str(arg(f, 0, "query_string")), 1000)
		if done, err := outcome(f, err); done || err != nil {
			return err
		}
		return sameQueryDict(q, get(f, "out", "ok"))
	}
	q, err := queryDict(f["self"])
	if err != nil {
		return err
	}
	name := str(arg(f, 0, "key"))
	switch method {
	case "__getitem__":
		if exception(f) != "" {
			if q.Has(name) {
				return errors.New("the name is there")
			}
			return nil
		}
		return differ(q.Get(name), get(f, "out", "ok"))
	case "get":
		if !q.Has(name) {
			return differ(arg(f, 1, "default"), get(f, "out", "ok"))
		}
		return differ(q.Get(name), get(f, "out", "ok"))
	case "getlist":
		return differ(append([]string{}, q.List(name)...), get(f, "out", "ok"))
	case "urlencode":
		return differ(q.Encode(str(arg(f, 0, "safe"))), get(f, "out", "ok"))
	case "__setitem__":
		v, ok := arg(f, 1, "value").(string)
		if !ok {
			return errNoMeaning
		}
		q.Set(name, v)
		return sameQueryDict(q, get(f, "out", "after"))
	case "copy":
		return sameQueryDict(q.Copy(), get(f, "out", "ok"))
	case "update":
		other := &guest.QueryDict{}
		switch a := arg(f, 0, "other"); {
		case get(a, "$map") != nil:
			// A map has no order here: compare names and values.
			m := asMap(get(a, "$map"))
			for _, e := range list(get(f, "out", "after", "$qd")) {
				if v, ok := m[str(list(e)[0])].(string); ok {
					other.Add(str(list(e)[0]), v)
				}
			}
		case get(a, "$qd") != nil:
			if other, err = queryDict(a); err != nil {
				return err
			}
		default:
			return errNoMeaning
		}
		q.Update(other)
		return sameQueryDict(q, get(f, "out", "after"))
	}
	return errNoMeaning
}

func replayResponse(f map[string]any, method string) error {
	resp := factResponse(f["self"])
	kw := asMap(f["kwargs"])
	var err error
	c := guest.Cookie{
		Name: str(arg(f, 0, "key")), Path: str(kw["path"]), Domain: str(kw["domain"]), SameSite: str(kw["samesite"]),
		Secure: kw["secure"] == true, HTTPOnly: kw["httponly"] == true, MaxAge: integer(kw["max_age"]),
	}
	if td := get(kw, "max_age", "$td"); td != nil {
		c.MaxAge = integer(td) / 1e6
	}
	switch method {
	case "__setitem__":
		resp.Header.Set(str(arg(f, 0, "header")), str(arg(f, 1, "value")))
	case "set_cookie":
		c.Value = str(arg(f, 1, "value"))
		resp.SetCookie(c)
	case "delete_cookie":
		resp.DeleteCookie(c)
	case "set_signed_cookie":
		var req *guest.Request
		if req, err = factRequest(f, nil); err != nil {
			return err
		}
		c.Value = str(arg(f, 1, "value"))
		err = req.SetSignedCookie(resp, c, str(kw["salt"]))
	default:
		return errNoMeaning
	}
	if err == nil {
		err = resp.Err()
	}
	if done, err := outcome(f, err); done || err != nil {
		return err
	}
	return sameResponse(resp, get(f, "out", "after"))
}

// sortControl: the order of directives is that of a set in Python.
func sortControl(r *guest.Response) {
	ds := strings.Split(r.Header.Get("cache-control"), ", ")
	slices.Sort(ds)
	r.Header.Set("cache-control", strings.Join(ds, ", "))
}

type memoryStore map[string][]string

func (m memoryStore) Headers(key string) ([]string, bool)   { v, ok := m[key]; return v, ok }
func (m memoryStore) SetHeaders(key string, names []string) { m[key] = names }

// store outlives a fact: get_cache_key answers from what was learned before.
var store = memoryStore{}

func replayCache(f map[string]any, fn string) error {
	if strings.HasPrefix(fn, "patch_") {
		resp := factResponse(list(f["args"])[0])
		if fn == "patch_vary_headers" {
			var names []string
			for _, n := range list(list(f["args"])[1]) {
				names = append(names, str(n))
			}
			httpcache.PatchVary(resp, names...)
		} else {
			var ds []httpcache.Directive
			for _, k := range slices.Sorted(mapKeys(asMap(f["kwargs"]))) {
				v := asMap(f["kwargs"])[k]
				d := httpcache.Directive{Name: strings.ReplaceAll(k, "_", "-")}
				if v != true {
					d.Value = str(v)
				}
				ds = append(ds, d)
			}
			httpcache.PatchCacheControl(resp, ds...)
			sortControl(resp)
			want := factResponse(get(f, "out", "after"))
			sortControl(want)
			return differ(resp.Header.Get("cache-control"), want.Header.Get("cache-control"))
		}
		return sameResponse(resp, get(f, "out", "after"))
	}
	s := asMap(f["settings"])
	req, err := factRequest(f, list(f["args"])[0])
	if err != nil {
		return err
	}
	k := httpcache.Keys{Store: store, Prefix: str(s["CACHE_MIDDLEWARE_KEY_PREFIX"])}
	if p := get(f, "kwargs", "key_prefix"); p != nil {
		k.Prefix = str(p)
	}
	if s["USE_I18N"] != false {
		k.Language = factLang(f)
	}
	if s["USE_TZ"] == true {
		k.TimeZone = str(s["TIME_ZONE"])
		if tz := get(f, "env", "tz"); tz != nil {
			k.TimeZone = str(tz)
		}
	}
	if fn == "learn_cache_key" {
		got, err := k.Learn(req, factResponse(list(f["args"])[1]))
		if done, err := outcome(f, err); done || err != nil {
			return err
		}
		return differ(got, get(f, "out", "ok"))
	}
	method := "GET"
	if m := arg(f, 2, "method"); m != nil {
		method = str(m)
	}
	got, ok, err := k.Get(req, method)
	if done, err := outcome(f, err); done || err != nil {
		return err
	}
	if !ok {
		return differ(nil, get(f, "out", "ok"))
	}
	return differ(got, get(f, "out", "ok"))
}
