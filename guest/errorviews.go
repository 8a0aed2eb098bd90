package guest

import (
	"strconv"
	"strings"
)

// errorResponse logs err and makes its page; it never fails.
func (a *App) errorResponse(req *Request, err error) *Response {
	status := statusOf(err)
	logError(req, status, err)
	if view := a.ErrorViews[status]; view != nil {
		if resp := a.callErrorView(view, req, err); resp != nil {
			return resp
		}
	}
	if a.settings.Debug {
		return a.debugPage(req, status, err)
	}
	return errorPage(status, "")
}

// callErrorView returns nil when the view fails too: then the plain page serves.
func (a *App) callErrorView(view ErrorView, req *Request, cause error) (resp *Response) {
	defer func() {
		if v := recover(); v != nil {
			logError(req, 500, &panicError{v, stack()})
			resp = nil
		}
	}()
	resp, err := view(req, cause)
	if err == nil && resp != nil {
		err = resp.render(req.ctx)
	}
	if err != nil {
		logError(req, 500, err)
		return nil
	}
	return resp
}

var explanations = map[int]string{
	404: "The requested resource was not found on this server.",
	503: "The server could not answer in time. Please try again.",
}

func errorPage(status int, detail string) *Response {
	title := StatusText(status)
	if status == 500 {
		title = "Server Error (500)"
	} else if status != 404 {
		title += " (" + strconv.Itoa(status) + ")"
	}
	var b strings.Builder
	b.WriteString("<!doctype html>\n<html lang=\"en\">\n<head>\n<title>" + title + "</title>\n</head>\n<body>\n<h1>" + title + "</h1>\n")
	b.WriteString("<p>" + explanations[status] + "</p>\n" + detail + "</body>\n</html>\n")
	return NewResponse(status, htmlType, stringBytes(b.String()))
}

// debugPage says what went wrong and where; only with Settings.Debug.
func (a *App) debugPage(req *Request, status int, err error) *Response {
	var b strings.Builder
	b.WriteString("<pre>" + EscapeHTML(err.Error()) + "</pre>\n")
	b.WriteString("<p>" + EscapeHTML(req.Method+" "+req.Path) + "</p>\n")
	if p, ok := err.(*panicError); ok {
		b.WriteString("<pre>" + EscapeHTML(p.stack) + "</pre>\n")
	}
	if status == 404 && req.match == nil {
		b.WriteString("<p>These URL patterns were tried:</p>\n<ol>\n")
		for _, p := range a.URLs {
			b.WriteString("<li><code>" + EscapeHTML(p.p.Src) + "</code> " + EscapeHTML(p.p.Name) + "</li>\n")
		}
		b.WriteString("</ol>\n")
	}
	b.WriteString("<p>You see this page because <code>Debug</code> is set.</p>\n")
	return errorPage(status, b.String())
}
