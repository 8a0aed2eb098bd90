package guest

// DefaultMiddleware returns what every app is wrapped in, outermost first.
func DefaultMiddleware() []Middleware {
	return []Middleware{SecurityMiddleware, CommonMiddleware, XFrameOptionsMiddleware, CrossOriginMiddleware}
}

// standard is DefaultMiddleware in one piece: every call of a function costs a
// guest something, and these are on the way of each request. next answers with a
// response whatever happens.
func (a *App) standard(next View) View {
	return func(req *Request) (*Response, error) {
		if resp, err := req.insecure(); resp != nil || err != nil {
			return resp, err
		}
		resp := a.withinSecurity(req, next)
		resp.secure(req)
		return resp, nil
	}
}

func (a *App) withinSecurity(req *Request, next View) *Response {
	resp, err := req.commonRedirect()
	if resp == nil && err == nil {
		if err = req.sameOrigin(); err == nil {
			resp, _ = next(req)
		} else {
			resp = a.errorResponse(req, err)
		}
		resp.unframed(req)
		resp, err = resp.common(req)
	}
	if err != nil {
		return a.errorResponse(req, err)
	}
	return resp
}
