// Binary trees: many small objects, most of them short-lived.

private class Tree(val left: Tree?, val right: Tree?) {
    fun count(): Int = 1 + (left?.count() ?: 0) + (right?.count() ?: 0)
}

private fun make(depth: Int): Tree = if (depth == 0) Tree(null, null) else Tree(make(depth - 1), make(depth - 1))

/** Of this depth and less. */
fun trees(size: Int) {
    val most = maxOf(6, size)
    println("stretch tree of depth ${most + 1}\t nodes: ${make(most + 1).count()}")
    val long = make(most)
    for (depth in 4..most step 4) {
        val times = 1 shl (most - depth + 4)
        var nodes = 0
        repeat(times) { nodes += make(depth).count() }
        println("$times\t trees of depth $depth\t nodes: $nodes")
    }
    println("long lived tree of depth $most\t nodes: ${long.count()}")
}
