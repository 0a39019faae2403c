// fasthttp. It uses as many threads as it has cores.
package main

import (
	"log"
	"os"

	"github.com/valyala/fasthttp"
)

func main() {
	server := &fasthttp.Server{Handler: func(exchange *fasthttp.RequestCtx) {
		exchange.SetContentType("text/plain")
		exchange.SetBodyString("Hello, World!")
	}}
	log.Fatal(server.ListenAndServe(os.Args[1]))
}
