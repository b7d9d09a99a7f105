package main

import (
	"context"
	"log"
	"time"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	registration "k8s.io/kubelet/pkg/apis/pluginregistration/v1"
)

// registrar introduces the driver to the kubelet, as Kubernetes' own node-driver-registrar does.
type registrar struct {
	driver string
	socket string
}

func (r *registrar) GetInfo(context.Context, *registration.InfoRequest) (*registration.PluginInfo, error) {
	return &registration.PluginInfo{
		Type: registration.CSIPlugin, Name: r.driver, Endpoint: r.socket, SupportedVersions: []string{"1.0.0"},
	}, nil
}

func (r *registrar) NotifyRegistrationStatus(
	_ context.Context, said *registration.RegistrationStatus,
) (*registration.RegistrationStatusResponse, error) {
	if !said.PluginRegistered {
		// The container starts anew, and with it the introduction.
		log.Fatalf("the kubelet does not take the driver: %s", said.Error)
	}
	log.Printf("the kubelet knows %s", r.driver)
	return &registration.RegistrationStatusResponse{}, nil
}

// waitFor returns when the driver answers at its socket: the kubelet calls it as soon as it hears of it.
func waitFor(driver, socket string) {
	connection, err := grpc.Dial("unix://"+socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	defer connection.Close()
	for ; ; time.Sleep(time.Second) {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		found, err := csi.NewIdentityClient(connection).GetPluginInfo(ctx, &csi.GetPluginInfoRequest{})
		cancel()
		if err == nil && found.GetName() != driver {
			log.Fatalf("at %s is %s, expected %s", socket, found.GetName(), driver)
		}
		if err == nil {
			return
		}
	}
}
