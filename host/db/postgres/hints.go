package postgres

import (
	"strings"
	"sync"
)

// maxHints bounds what is remembered about statements.
const maxHints = 4096

// hints remembers, for all connections, which parameters must be said to be
// text.
type hints struct {
	mu sync.RWMutex
	m  map[string][]int
}

func (h *hints) apply(st *stmt) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for _, i := range h.m[st.sql] {
		if i < len(st.types) && st.types[i] == 0 {
			st.types[i] = oidText
		}
	}
}

func (h *hints) add(sql string, i int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.m == nil || len(h.m) >= maxHints {
		h.m = map[string][]int{}
	}
	h.m[strings.Clone(sql)] = append(h.m[sql], i)
}
