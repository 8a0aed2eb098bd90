// Package fetch sends HTTP requests from views. A guest has no sockets, so
// net/http and whatever else dials can't; the host does it for the view, which
// is suspended meanwhile like for a query:
//
//	res, err := fetch.Get(req.Context(), "https://api.example.com/rates")
//	if err != nil {
//		return nil, err
//	}
//	rates, err := res.JSON()
//
// # What may be fetched
//
// Nothing, until the one who serves the app lists hosts:
//
//	vinyl-edge serve . --allow-fetch api.example.com
//
// or in vinyl.toml, allow-fetch = ["api.example.com"], or in a test with
// hosttest.Options.AllowFetch. Else Get returns an error that is ErrNotAllowed
// and names the host. Names that stand for private or loopback addresses are
// refused, even below "*", unless the address itself is listed: a URL that came
// from a user leads to nothing inside of your network.
//
// # Several at once
//
// Requests overlap when they are sent by goroutines (a WaitGroup or errgroup
// waits for them), and then take as long as the slowest. The goroutines get what
// they need of the guest.Request beforehand: it is for one at a time. Under the
// blocking host the requests come one after the other.
//
// # Time
//
// A request ends with its ctx: with req.Context() when the client leaves or the
// view's time is over, sooner with context.WithTimeout. The host's own bound,
// until the whole body has been read, is 30 s (--fetch-timeout).
//
// # Redirects
//
// Up to 10 are followed, each under the same rules as the first request. After
// 301, 302 and 303 the method becomes GET, unless it was HEAD, and the body is
// dropped; 307 and 308 repeat the request. To another host, or from https to
// http, only header fields go along that can't be secret: no authorization, no
// cookie, no field of your own. Request.Redirects bounds them, or returns the
// redirect itself.
//
// # Sizes
//
// Response.Body is read while it arrives, and the host goes on only as fast as
// the view reads. Bytes, Text and JSON read up to Request.MaxBody, 10 MiB by
// default. The host's bound for both is 64 MiB (--max-fetch). Bodies of
// requests are bytes: they are sent whole.
//
// A status like 404 or 500 is not an error: look at Response.Status or OK.
package fetch
