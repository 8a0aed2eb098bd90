package guest

import (
	"encoding/base64"
	"errors"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/vinyl-edge/vinyl/guest/internal/multipart"
)

// File is an uploaded file, in memory.
type File struct {
	Name        string // without any path; still the client's word
	ContentType string
	Charset     string
	Content     []byte
}

// formData is a parsed body.
type formData struct {
	fields QueryDict
	names  []string
	files  map[string][]*File
	err    error
}

// Form returns the fields of a form, URL-encoded or multipart; there are none
// when the body is something else. The error is for the client: too large, too
// many fields, malformed.
func (r *Request) Form() (*QueryDict, error) {
	r.parseForm()
	return &r.form.fields, r.form.err
}

// File returns the last file uploaded as name, nil when there is none.
func (r *Request) File(name string) (*File, error) {
	files, err := r.Files(name)
	if len(files) == 0 {
		return nil, err
	}
	return files[len(files)-1], err
}

// Files returns all files uploaded as name.
func (r *Request) Files(name string) ([]*File, error) {
	r.parseForm()
	return r.form.files[name], r.form.err
}

// FileNames returns the names of fields that have files, in their order.
func (r *Request) FileNames() []string {
	r.parseForm()
	return r.form.names
}

func (r *Request) parseForm() {
	if r.form != nil {
		return
	}
	r.form = &formData{}
	t, params := r.ContentType()
	switch {
	case t == "application/x-www-form-urlencoded":
		if cs, ok := params.Get("charset"); ok && !strings.EqualFold(cs, "utf-8") {
			r.form.err = BadRequest("HTTP requests with the 'application/x-www-form-urlencoded' content type must be UTF-8 encoded")
			return
		}
		b, err := r.Bytes()
		if err != nil {
			r.form.err = err
			return
		}
		if err := r.keep(2 * len(b)); err != nil {
			r.form.err = err
			return
		}
		q, err := ParseQuery(string(b), r.app.settings.DataUploadMaxNumberFields)
		r.form.fields, r.form.err = *q, err
	case strings.HasPrefix(t, "multipart/form-data") && r.head.Body != 0:
		src := r.body
		if r.rawRead {
			src = strings.NewReader(string(r.raw))
		}
		if err := r.form.multipart(src, r.Header("content-type"), &r.app.settings, r.keep); err != nil {
			r.form = &formData{err: err}
		}
	}
}

// multipart reads a body; keep is told what is kept of it.
func (f *formData) multipart(src io.Reader, contentType string, s *Settings, keep func(int) error) error {
	boundary, err := multipart.Boundary(contentType)
	if err != nil {
		return BadRequest(err.Error())
	}
	parts := multipart.NewReader(src, boundary)
	if err := keep(0); err != nil {
		return err
	}
	fields, files, size, fileSize := 0, 0, 0, 0
	for {
		p, err := parts.Next()
		if err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if p.Kind != multipart.File {
			// Two more for what is before the first and after the last boundary.
			if fields++; s.DataUploadMaxNumberFields > 0 && fields > s.DataUploadMaxNumberFields+2 {
				return errTooManyFields()
			}
		}
		if !p.HasName {
			continue
		}
		if p.Kind == multipart.Field {
			b, err := readPart(p, s.DataUploadMaxMemorySize, size, keep)
			if err != nil {
				return err
			}
			size += len(b) + len(p.Name) + 2
			if s.DataUploadMaxMemorySize > 0 && size > s.DataUploadMaxMemorySize {
				return errBodyTooBig()
			}
			if p.Base64 {
				if d, err := decodeBase64(b); err == nil {
					b = d
				}
			}
			f.fields.Add(p.Name, strings.ToValidUTF8(string(b), "\uFFFD"))
			continue
		}
		if files++; s.DataUploadMaxNumberFiles > 0 && files > s.DataUploadMaxNumberFiles {
			return SuspiciousOperation("the number of files exceeded Settings.DataUploadMaxNumberFiles")
		}
		name := sanitizeFileName(p.FileName)
		if name == "" {
			continue
		}
		b, err := readPart(p, s.FileUploadMaxMemorySize, fileSize, keep)
		if err != nil {
			return err
		}
		if fileSize += len(b); !p.Complete() {
			continue // broken off: half a file is no file
		}
		if p.Base64 {
			if b, err = decodeBase64(b); err != nil {
				return BadRequest("could not decode base64 data")
			}
		}
		f.addFile(p.Name, &File{Name: name, ContentType: p.ContentType, Charset: p.Charset, Content: b})
	}
}

func (f *formData) addFile(name string, file *File) {
	if f.files == nil {
		f.files = map[string][]*File{}
	}
	if _, ok := f.files[name]; !ok {
		f.names = append(f.names, name)
	}
	f.files[name] = append(f.files[name], file)
}

// readPart reads a part whole; used counts against limit already.
func readPart(p *multipart.Part, limit, used int, keep func(int) error) ([]byte, error) {
	b := []byte{}
	var buf [4096]byte
	for {
		n, err := p.Read(buf[:])
		if limit > 0 && used+len(b)+n > limit {
			return nil, errBodyTooBig()
		}
		if err := keep(n); err != nil {
			return nil, err
		}
		b = append(b, buf[:n]...)
		if err == io.EOF {
			return b, nil
		} else if err != nil {
			return nil, err
		}
	}
}

var errBase64 = errors.New("malformed base64")

// decodeBase64 ignores what isn't of the alphabet, as Python does.
func decodeBase64(src []byte) ([]byte, error) {
	clean := make([]byte, 0, len(src))
	for _, c := range src {
		if c == '=' || c == '+' || c == '/' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
			clean = append(clean, c)
		}
	}
	out := make([]byte, base64.StdEncoding.DecodedLen(len(clean)))
	n, err := base64.StdEncoding.Decode(out, clean)
	if err != nil {
		return nil, errBase64
	}
	return out[:n], nil
}

// maxFileName is what file systems and Django's UploadedFile allow.
const maxFileName = 255

// sanitizeFileName takes path and unprintable characters out of a name; what
// then names nothing or a directory becomes "".
func sanitizeFileName(s string) string {
	s = unescapeHTML(s)
	s = s[strings.LastIndexByte(s, '/')+1:]
	s = s[strings.LastIndexByte(s, '\\')+1:]
	s = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, s)
	if s == "." || s == ".." {
		return ""
	}
	if utf8.RuneCountInString(s) <= maxFileName {
		return s
	}
	name, ext := s, ""
	if i := strings.LastIndexByte(s, '.'); i > 0 {
		name, ext = s[:i], s[i:]
	}
	ext = firstRunes(ext, maxFileName)
	return firstRunes(name, maxFileName-utf8.RuneCountInString(ext)) + ext
}

func firstRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}
