// Command probe is a pod of the policy tests: it answers on TCP and UDP ports and connects wherever it is told to. Orders
// come as JSON lines on a unix socket, which no policy governs, and results go back on it.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"
)

type order struct {
	ID       int    `json:"id"`
	Protocol string `json:"protocol"` // TCP or UDP
	IP       string `json:"ip"`
	Port     int    `json:"port"`
}

type result struct {
	ID      int    `json:"id"`
	Verdict string `json:"verdict"` // allow or deny
	How     string `json:"how"`     // "answered", or what went wrong
}

// patience is a wait limit: rules refuse at once, so it is met only where packets are dropped in silence.
const patience = 10 * time.Second

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func main() {
	if len(os.Args) < 3 {
		fail(errors.New("give the path of a socket and the ports to answer on"))
	}
	for _, port := range os.Args[2:] {
		if err := answer(":" + port); err != nil {
			fail(err)
		}
	}
	os.Remove(os.Args[1])
	orders, err := net.Listen("unix", os.Args[1])
	if err != nil {
		fail(err)
	}
	for {
		connection, err := orders.Accept()
		if err != nil {
			fail(err)
		}
		go take(connection)
	}
}

// answer accepts connections and sends datagrams back, from now on.
func answer(address string) error {
	streams, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	datagrams, err := net.ListenPacket("udp", address)
	if err != nil {
		return err
	}
	go func() {
		for {
			connection, err := streams.Accept()
			if err != nil {
				return
			}
			connection.Close()
		}
	}()
	go func() {
		buffer := make([]byte, 2048)
		for {
			size, from, err := datagrams.ReadFrom(buffer)
			if err != nil {
				return
			}
			datagrams.WriteTo(buffer[:size], from)
		}
	}()
	return nil
}

// take carries out the orders of one connection, all at once, and reports each as it ends.
func take(connection net.Conn) {
	lines := bufio.NewScanner(connection)
	results := make(chan result)
	go func() {
		encoder := json.NewEncoder(connection)
		for each := range results {
			encoder.Encode(each)
		}
	}()
	for lines.Scan() {
		var given order
		if err := json.Unmarshal(lines.Bytes(), &given); err != nil {
			fail(fmt.Errorf("read order %q: %w", lines.Text(), err))
		}
		go func() { results <- carryOut(given) }()
	}
}

func carryOut(given order) result {
	how := try(given)
	verdict := "deny"
	if how == "answered" {
		verdict = "allow"
	}
	return result{given.ID, verdict, how}
}

func try(given order) string {
	network := "tcp"
	if given.Protocol == "UDP" {
		network = "udp"
	}
	connection, err := net.DialTimeout(network, net.JoinHostPort(given.IP, fmt.Sprint(given.Port)), patience)
	if err != nil {
		return describe(err)
	}
	defer connection.Close()
	if network == "tcp" {
		return "answered"
	}
	connection.SetDeadline(time.Now().Add(patience))
	if _, err := connection.Write([]byte("?")); err != nil {
		return describe(err)
	}
	if _, err := connection.Read(make([]byte, 16)); err != nil {
		return describe(err)
	}
	return "answered"
}

func describe(err error) string {
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return "timeout"
	}
	if errors.Is(err, syscall.ECONNREFUSED) {
		return "ECONNREFUSED"
	}
	return err.Error()
}
