package planner

// For tests of package planner_test, which import what imports the planner.
var (
	ShopModels = shopModels
	OneJoin    = oneJoin
	ThreeJoins = threeJoins
)

const CorpusRoot = corpusRoot
