//go:build unix

package postgres

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vinyl-edge/vinyl/abi"
	"github.com/vinyl-edge/vinyl/host/db"
	"github.com/vinyl-edge/vinyl/host/db/dbtest"
	"github.com/vinyl-edge/vinyl/host/db/postgres/pgtest"
)

// authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
}

func newAuthority(t *testing.T, name string) *authority {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	a := &authority{key: key, cert: &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}}
	der, err := x509.CreateCertificate(rand.Reader, a.cert, a.cert, key.Public(), key)
	require.NoError(t, err)
	a.pem = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return a
}

// sign makes a certificate, of a server if it has names.
func (a *authority) sign(t *testing.T, user string, names ...string) (cert, key []byte) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: user}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}, DNSNames: names,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, private.Public(), a.key)
	require.NoError(t, err)
	pkcs, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs})
}

func TestTLS(t *testing.T) {
	ours, other := newAuthority(t, "ours"), newAuthority(t, "another")
	cert, key := ours.sign(t, "server", "localhost")
	c := pgtest.Own(t, pgtest.Options{
		TCP: true, Settings: []string{"ssl=on", "ssl_cert_file=server.crt", "ssl_key_file=server.key", "ssl_ca_file=root.crt"},
		Files: map[string][]byte{"server.crt": cert, "server.key": key, "root.crt": ours.pem},
		HBA:   "local all all trust\nhostssl all certified 127.0.0.1/32 cert\nhostssl all vinyl 127.0.0.1/32 trust\n",
	})
	c.Exec("CREATE USER certified")
	dir := t.TempDir()
	file := func(name string, b []byte) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, b, 0o600))
		return path
	}
	mine, key := ours.sign(t, "certified")
	root, wrong := file("root.crt", ours.pem), file("wrong.crt", other.pem)
	_, port, err := net.SplitHostPort(c.Address())
	require.NoError(t, err)
	opening := func(user, host string, params ...string) (*DB, error) {
		q := url.Values{}
		for i := 0; i < len(params); i += 2 {
			q.Set(params[i], params[i+1])
		}
		cfg, err := ParseURL("postgres://" + user + "@" + host + ":" + port + "/postgres?" + q.Encode())
		if err != nil {
			return nil, err
		}
		d, err := Open(t.Context(), cfg)
		if err == nil {
			t.Cleanup(func() { require.NoError(t, d.Close()) })
		}
		return d, err
	}

	d, err := opening("vinyl", "localhost", "sslmode", "verify-full", "sslrootcert", root)
	require.NoError(t, err)
	require.Equal(t, [][]abi.Value{{abi.Int(1), abi.Text("TLSv1.3")}}, read(t, d, "SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()"))
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	_, err = dbtest.Do(ctx, d, db.Read, slow)
	dbtest.Code(t, abi.CodeCancelled, err) // cancellations are encrypted as well
	require.Equal(t, "0", c.Exec("SELECT count(*) FROM pg_stat_activity WHERE query = '" + slow + "' AND state = 'active'")[0][0])

	d, err = opening("certified", "localhost", "sslmode", "verify-full", "sslrootcert", root, "sslcert", file("me.crt", mine), "sslkey", file("me.key", key))
	require.NoError(t, err)
	require.Equal(t, [][]abi.Value{{abi.Text("certified"), abi.Text("/CN=certified")}}, read(t, d, "SELECT current_user::text, client_dn FROM pg_stat_ssl WHERE pid = pg_backend_pid()"))

	for says, try := range map[string]func() (*DB, error){
		"sslrootcert=/path/ca.crt": func() (*DB, error) {
			return opening("vinyl", "localhost", "sslmode", "verify-full", "sslrootcert", wrong)
		},
		"a name that the server's certificate has": func() (*DB, error) {
			return opening("vinyl", "127.0.0.1", "sslmode", "verify-full", "sslrootcert", root)
		},
		"pg_hba.conf": func() (*DB, error) { return opening("vinyl", "localhost", "sslmode", "disable") },
		"no such file": func() (*DB, error) {
			return opening("vinyl", "localhost", "sslmode", "verify-full", "sslrootcert", root+".no")
		},
		"check user and password": func() (*DB, error) { // no certificate
			return opening("certified", "localhost", "sslmode", "verify-full", "sslrootcert", root)
		},
	} {
		_, err := try()
		require.ErrorContains(t, err, says)
	}
	_, err = opening("vinyl", "127.0.0.1", "sslmode", "verify-ca", "sslrootcert", root)
	require.NoError(t, err, "which doesn't look at names")

	plain := pgtest.Own(t, pgtest.Options{TCP: true})
	cfg, err := ParseURL("postgres://vinyl@" + plain.Address() + "/postgres?sslmode=require")
	require.NoError(t, err)
	_, err = Open(t.Context(), cfg)
	require.ErrorContains(t, err, "ssl = on")
}
