// A Redis in memory for Argo CD's cache, for machines that have neither redis-server nor valkey-server. It takes those
// words of redis-server's command line that a cache needs.
package main

import (
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"syscall"

	"github.com/alicebob/miniredis/v2"
)

// What is always so here; redis-server has to be told.
var fixed = map[string]string{"save": "", "appendonly": "no", "daemonize": "no"}

func main() {
	bind := flag.String("bind", "127.0.0.1", "the address to listen on")
	port := flag.String("port", "6379", "the port to listen on")
	password := flag.String("requirepass", "", "the password of every client")
	for name, value := range fixed {
		flag.Var(only(value), name, fmt.Sprintf("can only be %q", value))
	}
	flag.Parse()
	if flag.NArg() > 0 {
		fail(fmt.Errorf("unknown word %q", flag.Arg(0)))
	}
	server := miniredis.NewMiniRedis()
	// Otherwise no key would ever expire: in unit tests time stands still.
	server.ClockTTL(true)
	server.RequireAuth(*password)
	if err := server.StartAddr(net.JoinHostPort(*bind, *port)); err != nil {
		fail(err)
	}
	fmt.Println("Ready to accept connections")
	stopped := make(chan os.Signal, 1)
	signal.Notify(stopped, syscall.SIGINT, syscall.SIGTERM)
	<-stopped
	server.Close()
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// A word that is accepted with this one value.
type only string

func (wanted only) String() string { return string(wanted) }

func (wanted only) Set(value string) error {
	if value != string(wanted) {
		return fmt.Errorf("can only be %q", string(wanted))
	}
	return nil
}
