package guest

// AllowMethods answers 405 to any method but these. GET includes HEAD.
func AllowMethods(view View, methods ...string) View {
	return func(req *Request) (*Response, error) {
		for _, m := range methods {
			if m == req.Method || m == "GET" && req.Method == "HEAD" {
				return view(req)
			}
		}
		return MethodNotAllowed(methods...), nil
	}
}
