// The real kube-controller-manager, built from Kubernetes' modules: it makes pods of Deployments on a local cluster.
package main

import (
	"os"
	// CronJobs name time zones, which a small machine may not know.
	_ "time/tzdata"

	"k8s.io/component-base/cli"
	"k8s.io/kubernetes/cmd/kube-controller-manager/app"
)

func main() {
	os.Exit(cli.Run(app.NewControllerManagerCommand()))
}
