package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"
)

// zeros is what answers are made of.
type zeros struct{}

func (zeros) Read(into []byte) (int, error) {
	clear(into)
	return len(into), nil
}

func payload(size int) io.Reader { return io.LimitReader(zeros{}, int64(size)) }

// serve answers on a port from now on. An answer has the size that the request asks for.
func serve(each listener) error {
	address := fmt.Sprintf(":%d", each.Port)
	if each.Kind == "udp" {
		socket, err := net.ListenPacket("udp", address)
		if err != nil {
			return err
		}
		go serveDatagrams(socket)
		return nil
	}
	socket, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	if each.Kind == "http" {
		go http.Serve(socket, http.HandlerFunc(answer))
	} else {
		go serveStreams(socket)
	}
	return nil
}

// hostname is the pod's name, or its node's where it has no network of its own.
var hostname, _ = os.Hostname()

// answer takes a body and returns as many bytes as the query's "bytes" says; every path is there, so that probes pass. A
// header tells who answered, which nobody but the pod itself can know behind a service. The program ends, and has succeeded,
// once it has answered to /end.
func answer(response http.ResponseWriter, request *http.Request) {
	io.Copy(io.Discard, request.Body)
	size, _ := strconv.Atoi(request.URL.Query().Get("bytes"))
	response.Header().Set("X-Pod", hostname)
	response.Header().Set("Content-Length", strconv.Itoa(size))
	io.Copy(response, payload(size))
	if request.URL.Path == "/end" {
		response.(http.Flusher).Flush()
		go func() {
			time.Sleep(100 * time.Millisecond)
			os.Exit(0)
		}()
	}
}

func serveStreams(socket net.Listener) {
	for {
		connection, err := socket.Accept()
		if err != nil {
			return
		}
		go serveStream(connection)
	}
}

// serveStream reads requests of one connection: two lengths of four bytes, what comes and what is to come back, then the former.
func serveStream(connection net.Conn) {
	defer connection.Close()
	reader := bufio.NewReader(connection)
	for {
		var sizes [2]uint32
		if err := binary.Read(reader, binary.BigEndian, &sizes); err != nil {
			return
		}
		if _, err := io.CopyN(io.Discard, reader, int64(sizes[0])); err != nil {
			return
		}
		if _, err := io.Copy(connection, payload(int(sizes[1]))); err != nil {
			return
		}
	}
}

// serveDatagrams sends back what comes.
func serveDatagrams(socket net.PacketConn) {
	buffer := make([]byte, 65_535)
	for {
		size, from, err := socket.ReadFrom(buffer)
		if err != nil {
			return
		}
		socket.WriteTo(buffer[:size], from)
	}
}
