package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"time"
)

const patience = 5 * time.Second

// caller makes one kind of call; it keeps the connection of those that share one.
type caller struct{ kept net.Conn }

// repeat makes a call again and again, and says when it begins to fail and when it works again.
func repeat(each call) {
	var from caller
	failing := false
	every := time.Duration(each.EveryMs) * time.Millisecond
	// Pods of one workload start together and must not call together.
	time.Sleep(rand.N(every))
	for {
		err := from.run(each)
		if (err != nil) != failing {
			failing = err != nil
			fmt.Printf("%s: %v\n", each.To, errorOr(err, "works again"))
		}
		time.Sleep(every - every/10 + rand.N(every/5+1))
	}
}

// makeRounds makes every call so many times, a second apart.
func makeRounds(calls []call, rounds int) {
	var from caller
	for range rounds {
		for _, each := range calls {
			if err := from.run(each); err != nil {
				fmt.Printf("%s: %v\n", each.To, err)
			}
		}
		time.Sleep(time.Second)
	}
}

func errorOr(err error, otherwise string) any {
	if err != nil {
		return err
	}
	return otherwise
}

// run makes a call, by another program where it names one.
func (from *caller) run(each call) error {
	if len(each.Program) == 0 {
		return from.make(each)
	}
	text, err := json.Marshal(each)
	if err != nil {
		return err
	}
	child := exec.Command(each.Program[0], each.Program[1:]...)
	child.Env = append(os.Environ(), "SHOP_CALL="+string(text))
	child.Stderr = os.Stderr
	return child.Run()
}

func (from *caller) make(each call) error {
	switch each.Kind {
	case "http":
		return callHTTP(each)
	case "tcp":
		return from.callStream(each)
	default:
		return callDatagram(each)
	}
}

// callHTTP uses a connection of its own for each request.
func callHTTP(each call) error {
	client := http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
	url := fmt.Sprintf("http://%s/?bytes=%d", each.To, each.Receive)
	response, err := client.Post(url, "application/octet-stream", payload(each.Send))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return err
}

func (from *caller) callStream(each call) error {
	connection := from.kept
	if connection == nil {
		dialled, err := net.DialTimeout("tcp", each.To, patience)
		if err != nil {
			return err
		}
		connection = dialled
	}
	err := exchange(connection, each)
	if each.Keep && err == nil {
		from.kept = connection
	} else {
		from.kept = nil
		connection.Close()
	}
	return err
}

func exchange(connection net.Conn, each call) error {
	connection.SetDeadline(time.Now().Add(patience))
	sizes := [2]uint32{uint32(each.Send), uint32(each.Receive)}
	if err := binary.Write(connection, binary.BigEndian, sizes); err != nil {
		return err
	}
	if _, err := io.Copy(connection, payload(each.Send)); err != nil {
		return err
	}
	_, err := io.CopyN(io.Discard, connection, int64(each.Receive))
	return err
}

func callDatagram(each call) error {
	connection, err := net.DialTimeout("udp", each.To, patience)
	if err != nil {
		return err
	}
	defer connection.Close()
	connection.SetDeadline(time.Now().Add(patience))
	if _, err := connection.Write(make([]byte, each.Send)); err != nil {
		return err
	}
	_, err = connection.Read(make([]byte, 65_535))
	return err
}
