// Go's own server. It uses as many threads as it has cores.
package main

import (
	"io"
	"log"
	"net/http"
	"os"
)

func main() {
	http.HandleFunc("/", func(reply http.ResponseWriter, request *http.Request) {
		reply.Header().Set("Content-Type", "text/plain")
		_, _ = io.WriteString(reply, "Hello, World!")
	})
	log.Fatal(http.ListenAndServe(os.Args[1], nil))
}
