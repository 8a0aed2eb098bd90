package service

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/url"
	"strconv"
	"syscall"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
)

func badFetch(what string) *abi.OpError { return fail(abi.CodeValue, "vinyl fetch: "+what) }

// errFetchTime is the cause of a context that FetchTimeout has ended.
var errFetchTime = errors.New("the host's time for outgoing requests is over")

func (f *fetcher) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, f.cfg.FetchTimeout, errFetchTime)
}

func (f *fetcher) tooLarge() *abi.OpError {
	return fail(abi.CodeNetwork, "vinyl fetch: the answer is larger than "+strconv.FormatInt(f.cfg.FetchMax, 10)+" bytes: serve the app with a larger --max-fetch", abi.FetchLarge)
}

// failure says why a request was not answered, or not to its end.
func (f *fetcher) failure(ctx context.Context, err error) error {
	var op *abi.OpError
	var timeout interface{ Timeout() bool }
	switch {
	case ctx.Err() != nil && errors.Is(context.Cause(ctx), errFetchTime):
		return fail(abi.CodeTimeout, "vinyl fetch: not answered to the end within "+f.cfg.FetchTimeout.String()+": serve the app with a longer --fetch-timeout if that is too short")
	case ctx.Err() != nil && db.CtxError(ctx).Code == abi.CodeTimeout:
		return fail(abi.CodeTimeout, "vinyl fetch: not answered in time")
	case ctx.Err() != nil:
		return fail(abi.CodeCancelled, "vinyl fetch: cancelled")
	case errors.As(err, &op): // of the dialer
		return op
	}
	var outer *url.Error // names method and URL, which the guest knows
	if errors.As(err, &outer) {
		err = outer.Err
	}
	if errors.As(err, &timeout) && timeout.Timeout() {
		return fail(abi.CodeTimeout, "vinyl fetch: "+err.Error())
	}
	kind := kindOf(err)
	text := err.Error()
	var dns *net.DNSError
	if errors.As(err, &dns) { // without the address of the name server
		text = "lookup " + dns.Name + ": " + dns.Err
	}
	if kind == abi.FetchBroken && errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		text = "the connection was closed before the end of the answer"
	}
	return fail(abi.CodeNetwork, "vinyl fetch: "+text, kind)
}

func kindOf(err error) string {
	var (
		dns       *net.DNSError
		verify    *tls.CertificateVerificationError
		record    tls.RecordHeaderError
		alert     tls.AlertError
		unknown   x509.UnknownAuthorityError
		wrongName x509.HostnameError
		invalid   x509.CertificateInvalidError
	)
	switch {
	case errors.As(err, &dns):
		return abi.FetchUnknown
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return abi.FetchRefused
	case errors.As(err, &verify), errors.As(err, &record), errors.As(err, &alert), errors.As(err, &unknown), errors.As(err, &wrongName), errors.As(err, &invalid):
		return abi.FetchTLS
	}
	return abi.FetchBroken
}
