package egress

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

func client(t *testing.T, o Options) *http.Client {
	t.Helper()
	c := Client(o)
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func get(ctx context.Context, c *http.Client, address string, headers ...string) (*http.Response, error) {
	rq, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	for i := 0; i+1 < len(headers); i += 2 {
		rq.Header.Set(headers[i], headers[i+1])
	}
	rs, err := Do(c, rq)
	if err != nil {
		return nil, Explain(ctx, err, rq.URL)
	}
	rs.Body.Close()
	return rs, nil
}

func server(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func kindOf(err error) Kind {
	var p *Problem
	if errors.As(err, &p) {
		return p.Kind
	}
	return ""
}

func TestLoopbackIsForThoseWhoMay(t *testing.T) {
	s := server(t, func(http.ResponseWriter, *http.Request) {})
	if _, err := get(t.Context(), client(t, Options{}), s.URL); kindOf(err) != Blocked {
		t.Errorf("%v", err)
	}
	if _, err := get(t.Context(), client(t, Options{Policy: Policy{Loopback: true}}), s.URL); err != nil {
		t.Error(err)
	}
}

// A proxy from the environment would look names up for us, where the policy cannot see it.
func TestAProxyFromTheEnvironmentIsNotUsed(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	s := server(t, func(http.ResponseWriter, *http.Request) {})
	if _, err := get(t.Context(), client(t, Options{Policy: Policy{Loopback: true}}), s.URL); err != nil {
		t.Error(err)
	}
}

func TestARedirectToTheMetadataServiceEndsAtTheDoor(t *testing.T) {
	for _, to := range []string{
		"http://169.254.169.254/latest/meta-data/", "http://[::ffff:169.254.169.254]/", "http://[64:ff9b::a9fe:a9fe]/", "http://[2002:a9fe:a9fe::1]/",
	} {
		s := server(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) })
		if _, err := get(t.Context(), client(t, Options{Policy: Policy{Loopback: true}}), s.URL); kindOf(err) != Blocked {
			t.Errorf("%s: %v", to, err)
		}
	}
}

// Numbers that a resolver takes for an address end at the same gate, or at a resolver that does not know them.
func TestNumbersInDisguiseReachNothing(t *testing.T) {
	for _, host := range []string{"2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518"} {
		_, err := get(t.Context(), client(t, Options{Policy: Policy{Loopback: true}, ConnectTimeout: 2 * time.Second}), "http://"+host+"/")
		if k := kindOf(err); k != Blocked && k != Unknown && k != Slow {
			t.Errorf("%s: %v", host, err)
		}
	}
}

func TestCredentialsStayWithTheirOrigin(t *testing.T) {
	var seen http.Header
	other := server(t, func(_ http.ResponseWriter, r *http.Request) { seen = r.Header })
	var back string
	first := server(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/same":
			http.Redirect(w, r, "/end", http.StatusTemporaryRedirect)
		case "/away": // same host, another port: another origin
			http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
		case "/boomerang":
			http.Redirect(w, r, back, http.StatusTemporaryRedirect)
		default:
			seen = r.Header
		}
	})
	bounce := server(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, first.URL+"/end", http.StatusFound) })
	back = bounce.URL
	for path, keeps := range map[string]bool{"/same": true, "/away": false, "/boomerang": false} {
		seen = nil
		_, err := get(t.Context(), client(t, Options{Policy: Policy{Loopback: true}}), first.URL+path+"?key=inquery",
			"Authorization", "Bearer x", "X-Api-Key", "x", "Cookie", "a=b", "Mcp-Session-Id", "x", "Accept", "application/json")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"Authorization", "X-Api-Key", "Cookie", "Mcp-Session-Id", "Referer"} {
			if got := seen.Get(name) != ""; got != keeps {
				t.Errorf("%s: %s was sent: %v", path, name, got)
			}
		}
		if seen.Get("Accept") == "" {
			t.Errorf("%s: Accept is gone", path)
		}
	}
}

// A redirect within an origin is followed by Do as by net/http, with the body where its status says so.
func TestARedirectIsFollowedWithItsBody(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.URL.Path == "/from" {
			http.Redirect(w, r, "/to", http.StatusPermanentRedirect)
			return
		}
		fmt.Fprintf(w, "%s %s %s %s %s", r.Method, r.URL, body, r.Header.Get("X-A"), r.Header.Get("Referer"))
	})
	for name, do := range map[string]func(*http.Client, *http.Request) (*http.Response, error){"net/http": (*http.Client).Do, "Do": Do} {
		rq, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/from", strings.NewReader("question"))
		if err != nil {
			t.Fatal(err)
		}
		rq.Header.Set("X-A", "b")
		rs, err := do(client(t, Options{Policy: Policy{Loopback: true}}), rq)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := io.ReadAll(rs.Body)
		rs.Body.Close()
		if want := "POST /to question b " + s.URL + "/from"; string(got) != want || err != nil || rs.Request.URL.Path != "/to" {
			t.Errorf("%s: %q, %v, at %s", name, got, err, rs.Request.URL)
		}
	}
}

// A user in an address becomes a header, with Do as with net/http.
func TestAUserInAnAddress(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		name, password, _ := r.BasicAuth()
		fmt.Fprint(w, name, password)
	})
	rq, err := http.NewRequestWithContext(t.Context(), http.MethodGet, strings.Replace(s.URL, "//", "//a:b@", 1), nil)
	if err != nil {
		t.Fatal(err)
	}
	rs, err := Do(client(t, Options{Policy: Policy{Loopback: true}}), rq)
	if err != nil {
		t.Fatal(err)
	}
	defer rs.Body.Close()
	if got, err := io.ReadAll(rs.Body); string(got) != "ab" || err != nil {
		t.Errorf("%q %v", got, err)
	}
}

// A server elsewhere does not lead us to this machine, even where the definition's own address may be on it. In the test it is
// elsewhere by its name.
func TestARedirectFromElsewhereDoesNotReachLoopback(t *testing.T) {
	reached := 0
	trap := server(t, func(http.ResponseWriter, *http.Request) { reached++ })
	_, port, _ := net.SplitHostPort(trap.Listener.Addr().String())
	for _, to := range []string{trap.URL, "http://localhost:" + port, "http://[::ffff:127.0.0.1]:" + port, "http://other.example.:" + port} {
		hops := 0
		far := server(t, func(w http.ResponseWriter, r *http.Request) {
			if hops++; hops == 1 {
				http.Redirect(w, r, "/again", http.StatusFound) // its own origin is followed
				return
			}
			http.Redirect(w, r, to, http.StatusFound)
		})
		_, farPort, _ := net.SplitHostPort(far.Listener.Addr().String())
		c := client(t, Options{Policy: Policy{Loopback: true}, Resolver: resolver(t, [4]byte{127, 0, 0, 1})})
		if _, err := get(t.Context(), c, "http://far.example.:"+farPort+"/"); kindOf(err) != Blocked || hops != 2 {
			t.Errorf("%s: %v after %d hops", to, err, hops)
		}
		c = client(t, Options{Policy: Policy{Loopback: true}, Resolver: resolver(t, [4]byte{127, 0, 0, 1})})
		if _, err := get(t.Context(), c, far.URL); err != nil {
			t.Errorf("%s, from loopback itself: %v", to, err)
		}
	}
	if reached != 4 {
		t.Errorf("reached %d times", reached)
	}
}

func TestRedirectsThatAreNotFollowed(t *testing.T) {
	reached := false
	other := server(t, func(http.ResponseWriter, *http.Request) { reached = true })
	var status int
	var to string
	s := server(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, status) })
	secure := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, http.StatusFound) }))
	t.Cleanup(secure.Close)
	for what, c := range map[string]struct {
		from, method, to string
		status           int
		why              string
	}{
		"a circle":                   {s.URL, "GET", "/again", 302, "in a row"},
		"a POST that becomes a GET":  {s.URL, "POST", "/x", 301, "turn a POST into a GET"},
		"a body to another origin":   {s.URL, "POST", other.URL, 307, "another origin"},
		"credentials in the address": {s.URL, "GET", strings.Replace(other.URL, "//", "//a:b@", 1), 302, "carries credentials"},
		"https to http":              {secure.URL, "GET", "", 302, "leave https"},
		"a file":                     {s.URL, "GET", "file:///etc/passwd", 302, "not an http address"},
	} {
		status, to = c.status, c.to
		hc := client(t, Options{Policy: Policy{Loopback: true}, TLS: &tls.Config{InsecureSkipVerify: true}})
		var body io.Reader
		if c.method == "POST" {
			body = strings.NewReader("secret")
		}
		rq, err := http.NewRequestWithContext(t.Context(), c.method, c.from, body)
		if err != nil {
			t.Fatal(err)
		}
		for _, do := range []func(*http.Client, *http.Request) (*http.Response, error){(*http.Client).Do, Do} {
			if rq.GetBody != nil {
				if rq.Body, err = rq.GetBody(); err != nil {
					t.Fatal(err)
				}
			}
			_, err = do(hc, rq)
			if err = Explain(t.Context(), err, rq.URL); kindOf(err) != Misled || !strings.Contains(err.Error(), c.why) {
				t.Errorf("%s: %v", what, err)
			}
		}
	}
	if reached {
		t.Error("the other origin was reached")
	}
}

// resolver answers every question for an address with the next of the addresses given.
func resolver(t *testing.T, answers ...[4]byte) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { conn.Close(); <-done })
	go func() {
		defer close(done)
		buf := make([]byte, 1500)
		for asked := 0; ; {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			answer, isA := reply(buf[:n], answers[min(asked, len(answers)-1)])
			if isA {
				asked++
			}
			_, _ = conn.WriteTo(answer, from) // a lost answer fails the test by its timeout
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// reply answers a DNS query (RFC 1035, 4.1) with one address; to a question that is not for an A record it answers nothing.
func reply(query []byte, addr [4]byte) (answer []byte, isA bool) {
	end := 12
	for query[end] != 0 {
		end += int(query[end]) + 1
	}
	end += 5
	answer = append([]byte{query[0], query[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, query[12:end]...)
	if isA = query[end-3] == 1; isA {
		answer[7] = 1
		answer = append(answer, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
		answer = append(answer, addr[:]...)
	}
	return answer, isA
}

// Rebinding: the name is fine when somebody looks, and the metadata service when we connect.
func TestANameIsJudgedByWhatIsConnectedTo(t *testing.T) {
	s := server(t, func(http.ResponseWriter, *http.Request) {})
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	address := fmt.Sprintf("http://rebind.example.:%s/", port)
	c := client(t, Options{Policy: Policy{Loopback: true}, Resolver: resolver(t, [4]byte{127, 0, 0, 1}, [4]byte{169, 254, 169, 254})})
	if _, err := get(t.Context(), c, address); err != nil {
		t.Fatalf("the first answer is loopback, which is allowed here: %v", err)
	}
	c.CloseIdleConnections()
	if _, err := get(t.Context(), c, address); kindOf(err) != Blocked || !strings.Contains(err.Error(), "169.254.169.254") {
		t.Errorf("the second answer: %v", err)
	}
}

func TestWhatHappenedIsSaidInWords(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := free.Addr().String()
	free.Close()
	rude := server(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			conn.Close()
		}
	})
	slow := server(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-time.After(5 * time.Second):
		}
	})
	plain := server(t, func(http.ResponseWriter, *http.Request) {})
	secure := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(secure.Close)
	known := &tls.Config{RootCAs: secure.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}
	_, securePort, _ := net.SplitHostPort(secure.Listener.Addr().String())
	for what, c := range map[string]struct {
		address string
		o       Options
		kind    Kind
		words   string
	}{
		"nobody listens":       {"http://" + nobody, Options{}, Refused, "connection refused by " + nobody},
		"an unknown authority": {secure.URL, Options{}, Untrusted, "tls.ca_cert_path"},
		"a known authority":    {secure.URL, Options{TLS: known}, "", ""},
		"another name": {"https://other.example.:" + securePort, Options{TLS: known, Resolver: resolver(t, [4]byte{127, 0, 0, 1})},
			Untrusted, "not made out to it"},
		"no TLS there":        {strings.Replace(plain.URL, "http:", "https:", 1), Options{}, Untrusted, "does not speak TLS"},
		"it hangs up":         {rude.URL, Options{}, Unreachable, "closed the connection"},
		"no answer":           {slow.URL, Options{HeaderTimeout: 50 * time.Millisecond}, Slow, "in time"},
		"a name that is none": {"http://nobody.invalid", Options{}, Unknown, "nobody.invalid"},
	} {
		t.Run(what, func(t *testing.T) {
			c.o.Policy.Loopback = true
			_, err := get(t.Context(), client(t, c.o), c.address)
			if kindOf(err) != c.kind || err != nil && !strings.Contains(err.Error(), c.words) {
				t.Errorf("%v", err)
			}
		})
	}
	why := errors.New("nobody waits")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	at, _ := url.Parse(plain.URL)
	if err := Explain(ctx, context.Canceled, at); !errors.Is(err, why) {
		t.Errorf("%v", err)
	}
}
