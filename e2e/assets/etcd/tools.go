//go:build tools

// Package assets pins the programs that the tests run against.
package assets

import _ "go.etcd.io/etcd/server/v3"
