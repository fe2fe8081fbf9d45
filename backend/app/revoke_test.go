package app_test

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"hangar/backend/apptest"
)

// A thousand sockets that one key opened end with it, and not one of them is told of anything that happens afterwards.
func TestARevokedKeyEndsAThousandSockets(t *testing.T) {
	const sockets = 1000
	var admin string
	a := apptest.Shipped(t, &admin, apptest.SignIn)
	root := a.As(admin)
	root.Want(201, "POST", "/api/groups", object{"group_id": "g"})
	made := root.Want(201, "POST", "/api/auth/keys", object{"principal_id": "eye", "name": "n"}).Body
	root.Want(200, "POST", "/api/auth/principals/eye/roles", object{"role_id": "viewer"})
	header := http.Header{"X-Api-Key": {made["raw_key"].(string)}}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()

	var mu sync.Mutex
	var readers sync.WaitGroup
	newest, told, codes := 0.0, 0, map[websocket.StatusCode]int{} // of all sockets together
	for range sockets {
		ws, _, err := websocket.Dial(ctx, a.URL+"/api/ws/events", &websocket.DialOptions{HTTPHeader: header})
		if err != nil {
			t.Fatal(err)
		}
		readers.Go(func() {
			defer func() { _ = ws.CloseNow() }() // the server has closed it
			for {
				_, text, err := ws.Read(ctx)
				mu.Lock()
				if err != nil {
					codes[websocket.CloseStatus(err)]++
					mu.Unlock()
					return
				}
				var frame struct{ Position float64 }
				if json.Unmarshal(text, &frame) == nil && frame.Position > 0 {
					newest, told = max(newest, frame.Position), told+1
				}
				mu.Unlock()
			}
		})
	}
	change := func(text string) {
		root.Want(200, "PUT", "/api/groups/g", object{"description": text})
	}
	change("before")
	eventually(t, "everybody is told", func() bool { mu.Lock(); defer mu.Unlock(); return told >= sockets })
	root.Want(200, "DELETE", "/api/auth/keys/"+made["key_id"].(string), nil)
	revoked := root.Want(200, "GET", "/api/events", nil).Body["head"].(float64)
	began := time.Now()
	for range 50 {
		change(time.Now().String())
	}
	readers.Wait()
	t.Logf("all closed %s after the revocation", time.Since(began).Round(time.Millisecond))
	if ctx.Err() != nil || codes[websocket.StatusPolicyViolation] != sockets {
		t.Errorf("closed with %v", codes)
	}
	if newest > revoked {
		t.Errorf("an event at %v was told, %v events after the revocation", newest, newest-revoked)
	}
}
