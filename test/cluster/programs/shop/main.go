// Command shop is every program of the shop: it answers on the ports of SHOP_LISTEN and makes the calls of SHOP_CALLS, both
// JSON. A pod starts it by the name of its own program (a link), so that the kernel sees "checkout" and "redis-server"; its
// arguments are for people to read. With SHOP_ROUNDS it ends after so many rounds of its calls, as a job does. With SHOP_CALL it makes that one call and ends: so are programs that a pod starts
// beside its own.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// listener is a port that the program answers on.
type listener struct {
	Kind string `json:"kind"` // http, tcp or udp
	Port int    `json:"port"`
}

// call is what the program asks of somebody else, again and again.
type call struct {
	Kind    string   `json:"kind"` // http, tcp or udp
	To      string   `json:"to"`   // host:port
	EveryMs int      `json:"everyMs"`
	Send    int      `json:"send"`    // bytes of one request
	Receive int      `json:"receive"` // bytes of its answer
	Keep    bool     `json:"keep"`    // one connection for all requests
	Program []string `json:"program"` // program and arguments that make the call, where it is not this one
}

// read decodes a variable and tells whether there is one.
func read(variable string, into any) bool {
	text := os.Getenv(variable)
	if text == "" {
		return false
	}
	if err := json.Unmarshal([]byte(text), into); err != nil {
		fail(fmt.Errorf("read %s: %w", variable, err))
	}
	return true
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func main() {
	var one call
	if read("SHOP_CALL", &one) {
		if err := new(caller).make(one); err != nil {
			fail(err)
		}
		return
	}
	var listeners []listener
	var calls []call
	read("SHOP_LISTEN", &listeners)
	read("SHOP_CALLS", &calls)
	for _, each := range listeners {
		if err := serve(each); err != nil {
			fail(err)
		}
	}
	rounds := 0
	if read("SHOP_ROUNDS", &rounds) {
		makeRounds(calls, rounds)
		return
	}
	for _, each := range calls {
		go repeat(each)
	}
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGINT, syscall.SIGTERM)
	<-ended
}
