package service

import "github.com/vinyl-edge/vinyl/orm/schema"

// Models are what the app described for the default database, nil if it has no
// models.
func (s *Service) Models() *schema.Registry {
	s.registries.mu.RLock()
	defer s.registries.mu.RUnlock()
	for _, r := range s.registries.list {
		if r.database == "" || r.database == "default" {
			if reg, err := schema.Read(string(r.msg)); err == nil {
				return reg
			}
		}
	}
	return nil
}
