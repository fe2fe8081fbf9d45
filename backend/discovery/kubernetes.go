package discovery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/net"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"

	"hangar/backend/egress"
	"hangar/backend/fault"
)

// Annotations of pods and services that want to be found (reference/hangar.md 6.2).
const (
	annotationPrefix  = "mcp-hangar.io/"
	annotationEnabled = annotationPrefix + "enabled"
)

// cluster finds pods and services by their annotations. client-go's reflectors keep a picture of them, of which we keep only
// what we read; a scan looks at that picture.
type cluster struct {
	client     dynamic.Interface
	over       *http.Client
	namespaces []string
	denied     []string
	selector   string
	resources  []string

	mu     sync.Mutex
	views  []*view
	opened chan struct{} // closed while somebody watches
}

// view is the picture of one resource in one namespace.
type view struct {
	resource string
	store    cache.Store
	synced   func() bool

	mu  sync.Mutex
	err error // of the last list or watch; nil when it succeeded
}

func checkKubernetes(c Config) error {
	if c.Kubeconfig != "" {
		if err := checkDirectory("config.kubeconfig", c.Kubeconfig); err != nil {
			return err
		}
	} else if c.Context != "" {
		return fault.Field("config.context", "means nothing without a kubeconfig")
	}
	if _, err := labels.Parse(c.LabelSelector); err != nil {
		return fault.Field("config.label_selector", "%s", clean(err.Error()))
	}
	for field, names := range map[string][]string{"namespaces": c.Namespaces, "denied_namespaces": c.Denied} {
		if len(names) > maxSpaces {
			return fault.Field("config."+field, "at most %d", maxSpaces)
		}
		if i := slices.IndexFunc(names, func(n string) bool {
			return n == "" || len(n) > 63 || strings.Trim(n, "abcdefghijklmnopqrstuvwxyz0123456789-") != ""
		}); i >= 0 {
			return fault.Field(fmt.Sprintf("config.%s[%d]", field, i), "is not the name of a namespace")
		}
	}
	for _, r := range c.Resources {
		if r != "pods" && r != "services" {
			return fault.Field("config.resources", "must be pods or services, not %q", clean(r))
		}
	}
	return nil
}

func openKubernetes(c Config, _ means) (finder, error) {
	config, err := clusterConfig(c)
	if err != nil {
		return nil, err
	}
	config.UserAgent = "hangar"
	config.Dial = egress.Policy{Loopback: true}.Dialer(0, nil).DialContext // a cluster on this machine is a person's choice
	if config.Proxy == nil {
		config.Proxy = http.ProxyFromEnvironment // as without it; but client-go keeps no transport that has one for ever
	}
	config.WarningHandler = rest.NoWarnings{} // it would write to our stderr
	over, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, err
	}
	client, err := dynamic.NewForConfigAndClient(config, over)
	if err != nil {
		return nil, err
	}
	k := &cluster{client: client, over: over, namespaces: c.Namespaces, denied: c.Denied, selector: c.LabelSelector, resources: c.Resources, opened: make(chan struct{})}
	if len(k.namespaces) == 0 {
		k.namespaces = []string{v1.NamespaceAll}
	}
	if len(k.denied) == 0 {
		k.denied = []string{"kube-system", "kube-public", "kube-node-lease"}
	}
	if len(k.resources) == 0 {
		k.resources = []string{"pods", "services"}
	}
	return k, nil
}

// clusterConfig says how the cluster is reached. A kubeconfig may name a program that fetches the credentials; a source does
// not run programs, so such a one is refused.
func clusterConfig(c Config) (*rest.Config, error) {
	if c.Kubeconfig == "" {
		config, err := rest.InClusterConfig()
		if errors.Is(err, rest.ErrNotInCluster) {
			err = errors.New("no kubeconfig is given, and this Hangar does not run in a pod")
		}
		return config, err
	}
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(
		&clientcmd.ClientConfigLoadingRules{ExplicitPath: c.Kubeconfig}, &clientcmd.ConfigOverrides{CurrentContext: c.Context}).ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("kubeconfig %s: %w", c.Kubeconfig, err)
	}
	if config.ExecProvider != nil || config.AuthProvider != nil {
		return nil, fmt.Errorf("kubeconfig %s fetches its credentials with a program, which a source does not run; use the token of a service account", c.Kubeconfig)
	}
	return config, nil
}

// Close lets go of idle connections, which client-go would keep for the next client to the same cluster.
func (k *cluster) Close() error {
	net.CloseIdleConnectionsFor(k.over.Transport)
	return nil
}

// Watch keeps the pictures until ctx ends. What is lost, the reflectors find again by themselves, later and later.
func (k *cluster) Watch(ctx context.Context, wake func()) error {
	// client-go speaks to the logger of the context, and to our stderr where there is none.
	ctx = klog.NewContext(ctx, logr.FromSlogHandler(slog.DiscardHandler))
	var views []*view
	var work sync.WaitGroup
	defer work.Wait()
	for _, namespace := range k.namespaces {
		for _, resource := range k.resources {
			v := &view{resource: resource}
			store, controller := cache.NewInformerWithOptions(cache.InformerOptions{
				ListerWatcher: k.lister(v, namespace), ObjectType: &unstructured.Unstructured{}, Transform: reduced,
				Handler: cache.ResourceEventHandlerFuncs{
					AddFunc:    func(o any) { wakeFor(wake, o) },
					UpdateFunc: func(before, after any) { wakeFor(wake, before, after) },
					DeleteFunc: func(o any) { wakeFor(wake, o) },
				},
			})
			v.store, v.synced = store, controller.HasSynced
			views = append(views, v)
			work.Go(func() { controller.RunWithContext(ctx) })
		}
	}
	k.mu.Lock()
	k.views = views
	close(k.opened)
	k.mu.Unlock()
	<-ctx.Done()
	return context.Cause(ctx)
}

// lister lists and watches one resource, and notes how that went.
func (k *cluster) lister(v *view, namespace string) cache.ListerWatcher {
	from := k.client.Resource(schema.GroupVersionResource{Version: "v1", Resource: v.resource}).Namespace(namespace)
	return cache.ToListWatcherWithWatchListSemantics(&cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, o v1.ListOptions) (runtime.Object, error) {
			o.LabelSelector = k.selector
			list, err := from.List(ctx, o)
			v.note(err)
			return list, err
		},
		WatchFuncWithContext: func(ctx context.Context, o v1.ListOptions) (watch.Interface, error) {
			o.LabelSelector = k.selector
			w, err := from.Watch(ctx, o)
			v.note(err)
			return w, err
		},
	}, k.client)
}

func (v *view) note(err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.err = err
}

func (v *view) problem() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.err
}

// reduced is an object without what we do not read: a cluster has many, and most are none of our business.
func reduced(o any) (any, error) {
	u, ok := o.(*unstructured.Unstructured)
	if !ok {
		return o, nil
	}
	slim := &unstructured.Unstructured{Object: map[string]any{"apiVersion": u.GetAPIVersion(), "kind": u.GetKind()}}
	slim.SetName(u.GetName())
	slim.SetNamespace(u.GetNamespace())
	slim.SetUID(u.GetUID())
	slim.SetResourceVersion(u.GetResourceVersion())
	asked := u.GetAnnotations()
	maps.DeleteFunc(asked, func(name, _ string) bool { return !strings.HasPrefix(name, annotationPrefix) })
	if len(asked) == 0 {
		return slim, nil
	}
	slim.SetAnnotations(asked)
	slim.SetDeletionTimestamp(u.GetDeletionTimestamp())
	for _, path := range [][]string{{"status", "phase"}, {"status", "podIP"}, {"spec", "type"}} {
		if text, found, _ := unstructured.NestedString(u.Object, path...); found {
			if err := unstructured.SetNestedField(slim.Object, text, path...); err != nil {
				return nil, err
			}
		}
	}
	return slim, nil
}

// wakeFor wakes when one of the objects wants to be found.
func wakeFor(wake func(), objects ...any) {
	for _, o := range objects {
		if gone, ok := o.(cache.DeletedFinalStateUnknown); ok {
			o = gone.Obj
		}
		if u, ok := o.(*unstructured.Unstructured); ok && len(u.GetAnnotations()) > 0 {
			wake()
			return
		}
	}
}

// Scan reads the pictures, once they are whole. A cluster that does not answer is no empty cluster.
func (k *cluster) Scan(ctx context.Context) ([]Candidate, error) {
	select {
	case <-k.opened:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	k.mu.Lock()
	views := k.views
	k.mu.Unlock()
	found := []Candidate{}
	for _, v := range views {
		if err := v.whole(ctx); err != nil {
			return nil, fmt.Errorf("%s of the cluster: %w", v.resource, err)
		}
		for _, o := range v.store.List() {
			u, ok := o.(*unstructured.Unstructured)
			if !ok || u.GetAnnotations()[annotationEnabled] != "true" || u.GetDeletionTimestamp() != nil {
				continue
			}
			if c, there := k.fromObject(u); there {
				found = append(found, c)
			}
		}
	}
	return found, nil
}

// forgive is how long a problem may last before it is told: a picture that has become too old is simply asked for anew.
const forgive = 3 * time.Second

// whole waits until a view is filled and up to date; one that stays behind tells why.
func (v *view) whole(ctx context.Context) error {
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for begun := time.Now(); ; {
		err := v.problem()
		if err == nil && v.synced() {
			return nil
		}
		if err != nil && time.Since(begun) > forgive {
			return err
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return cmp.Or(err, context.Cause(ctx))
		}
	}
}

// fromObject reads the annotations of an object as data. Its address is what the cluster knows; there is false for a pod
// that does not run.
func (k *cluster) fromObject(u *unstructured.Unstructured) (one Candidate, there bool) {
	where := fmt.Sprintf("%s %s/%s", strings.ToLower(u.GetKind()), u.GetNamespace(), u.GetName())
	one = Candidate{Name: asID(u.GetName()), Origin: where, Metadata: map[string]string{"namespace": u.GetNamespace()}}
	host := u.GetName() + "." + u.GetNamespace() + ".svc"
	if u.GetKind() == "Pod" {
		phase, _, _ := unstructured.NestedString(u.Object, "status", "phase")
		if host, _, _ = unstructured.NestedString(u.Object, "status", "podIP"); phase != "Running" || host == "" {
			return one, false
		}
	}
	l := labelled{given: map[string]string{}, used: map[string]bool{"enabled": true}}
	for name, value := range u.GetAnnotations() {
		l.given[strings.TrimPrefix(name, annotationPrefix)] = value
	}
	if name := l.text("name"); name != "" {
		one.Name = name
	}
	if group := l.text("group"); group != "" {
		one.Metadata["group"] = group
	}
	one.TTL = l.number("ttl", 0)
	mode := l.text("mode")
	if mode != "" && mode != "http" && mode != "sse" && mode != "remote" {
		l.wrong("mode", "must be http or sse, not %q: what runs in the cluster is spoken to, not run here", mode)
	}
	l.server(&one, mode, host)
	one.Problem = l.end("annotation " + annotationPrefix)
	if kind, _, _ := unstructured.NestedString(u.Object, "spec", "type"); kind == "ExternalName" {
		one.Problem = &Problem{ReasonAddress, "it is only a name for something outside of the cluster"}
	}
	if slices.Contains(k.denied, u.GetNamespace()) {
		one.Problem = &Problem{ReasonNamespace, fmt.Sprintf("nothing is taken from namespace %s", u.GetNamespace())}
	}
	return one, true
}
