// What GKE runs on a node beside the Secrets Store CSI driver: the provider that reads secrets in Secret Manager with
// the identity of the pod that mounts them, and the introduction of the driver to the kubelet.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"google.golang.org/grpc"
	registration "k8s.io/kubelet/pkg/apis/pluginregistration/v1"
	"sigs.k8s.io/secrets-store-csi-driver/provider/v1alpha1"
)

const requestTime = 20 * time.Second

func main() {
	providers := flag.String("providers", "/providers", "the folder in which the driver looks for providers")
	endpoint := flag.String("endpoint", "https://{service}.googleapis.com", "where Google's APIs are")
	authority := flag.String("ca-file", "", "the certificate authority of the endpoint; the system's where empty")
	pool := flag.String("pool", "", "the workload identity pool, PROJECT.svc.id.goog")
	identity := flag.String("identity-provider", "", "the cluster's URL in the pool")
	driver := flag.String("driver", "", "the driver to introduce to the kubelet; none where empty")
	driverSocket := flag.String("driver-socket", "", "the driver's socket, at the same place here and on the node")
	plugins := flag.String("plugins", "/registration", "the folder in which the kubelet looks for plugins")
	flag.Parse()

	client, err := httpClient(*authority)
	if err != nil {
		log.Fatal(err)
	}
	// Whoever can write to a socket can have any pod's secrets read: nobody but root does.
	syscall.Umask(0o077)
	google := google{endpoint: *endpoint, audience: fmt.Sprintf("identitynamespace:%s:%s", *pool, *identity), client: client}
	server := grpc.NewServer()
	v1alpha1.RegisterCSIDriverProviderServer(server, &provider{google: google, pool: *pool})
	go serve(server, filepath.Join(*providers, "gke.sock"))
	if *driver != "" {
		go introduce(*driver, *driverSocket, *plugins)
	}

	stop, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()
	<-stop.Done()
	server.Stop()
}

func introduce(driver, socket, plugins string) {
	waitFor(driver, socket)
	server := grpc.NewServer()
	registration.RegisterRegistrationServer(server, &registrar{driver: driver, socket: socket})
	serve(server, filepath.Join(plugins, driver+"-reg.sock"))
}

func serve(server *grpc.Server, path string) {
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		log.Fatal(err)
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		log.Fatal(err)
	}
	log.Printf("serving at %s", path)
	if err := server.Serve(listener); err != nil {
		log.Fatal(err)
	}
}

// httpClient trusts the named authority and no other, and goes by no proxy.
func httpClient(authority string) (*http.Client, error) {
	settings := &tls.Config{MinVersion: tls.VersionTLS12}
	if authority != "" {
		text, err := os.ReadFile(authority)
		if err != nil {
			return nil, err
		}
		settings.RootCAs = x509.NewCertPool()
		if !settings.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("%s: no certificate in it", authority)
		}
	}
	return &http.Client{Timeout: requestTime, Transport: &http.Transport{TLSClientConfig: settings}}, nil
}
