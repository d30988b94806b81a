// SPDX-License-Identifier: Apache-2.0

// Testcluster is a whole Kubernetes in one static program, made of the upstream
// modules that go.mod pins: each component is a word.
//
//	testcluster apiserver|controllers|scheduler|kubelet|proxy|kubectl FLAGS
//	testcluster etcd FOLDER CLIENT_URL PEER_URL
//	testcluster coredns -conf FILE
package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"syscall"

	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/coremain"
	_ "github.com/coredns/coredns/plugin/bind"
	_ "github.com/coredns/coredns/plugin/cache"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/forward"
	_ "github.com/coredns/coredns/plugin/health"
	_ "github.com/coredns/coredns/plugin/kubernetes"
	_ "github.com/coredns/coredns/plugin/log"
	_ "github.com/coredns/coredns/plugin/ready"
	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/embed"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	kubectl "k8s.io/kubectl/pkg/cmd"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

var commands = map[string]func() *cobra.Command{
	"apiserver":   apiserver.NewAPIServerCommand,
	"controllers": controllers.NewControllerManagerCommand,
	"scheduler":   func() *cobra.Command { return scheduler.NewSchedulerCommand() },
	"kubelet":     func() *cobra.Command { return kubelet.NewKubeletCommand(context.Background()) },
	"proxy":       proxy.NewProxyCommand,
	"kubectl":     kubectl.NewDefaultKubectlCommand,
}

// CoreDNS runs its plugins in this order.
var plugins = []string{"bind", "health", "ready", "errors", "log", "cache", "kubernetes", "forward"}

func main() {
	if len(os.Args) < 2 {
		fail("usage: testcluster COMPONENT ARGUMENTS")
	}
	name := os.Args[1]
	os.Args = append([]string{name}, os.Args[2:]...)
	if command, known := commands[name]; known {
		os.Exit(cli.Run(command()))
	}
	switch {
	case name == "etcd" && len(os.Args) == 4:
		etcd(os.Args[1], os.Args[2], os.Args[3])
	case name == "coredns":
		dnsserver.Directives = plugins
		coremain.Run()
	default:
		fail("testcluster: unknown component, or wrong arguments: " + name)
	}
}

// etcd serves until SIGTERM.  It writes without fsync: the data of a test's
// cluster do not outlive the test.
func etcd(folder, client, peer string) {
	config := embed.NewConfig()
	config.Dir, config.LogLevel, config.UnsafeNoFsync = folder, "warn", true
	config.ListenClientUrls = []url.URL{address(client)}
	config.AdvertiseClientUrls = config.ListenClientUrls
	config.ListenPeerUrls = []url.URL{address(peer)}
	config.AdvertisePeerUrls = config.ListenPeerUrls
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	server, err := embed.StartEtcd(config)
	if err != nil {
		fail("etcd: " + err.Error())
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	<-stop
	server.Close()
}

func address(text string) url.URL {
	parsed, err := url.Parse(text)
	if err != nil {
		fail("etcd: " + err.Error())
	}
	return *parsed
}

func fail(message string) {
	fmt.Fprintln(os.Stderr, message)
	os.Exit(2)
}
