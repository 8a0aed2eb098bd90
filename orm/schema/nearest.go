package schema

// longest is how many bytes of a name are compared.
const longest = 64

// Nearest returns the choice that a mistaken name was most likely meant to be,
// or "" if each takes more than most bytes to insert, remove or replace
// (Levenshtein's distance).
func Nearest(name string, choices []string, most int) (best string) {
	if len(name) > longest {
		return ""
	}
	for _, c := range choices {
		if len(c) > longest || len(c) > len(name)+most || len(name) > len(c)+most {
			continue
		}
		if d := distance(name, c); d <= most {
			best, most = c, d-1
		}
	}
	return best
}

// Near is the most that Nearest allows where any choice helps.
func Near(name string) int { return len(name)/3 + 1 }

func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diag := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diag
			if a[i] != b[j] {
				cost++
			}
			diag = row[j+1]
			row[j+1] = min(cost, diag+1, row[j]+1)
		}
	}
	return row[len(b)]
}
