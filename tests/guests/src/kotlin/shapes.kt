// Sealed classes and interfaces, generics, enums, objects, delegation, operators, and lambdas that change what they captured.

private sealed interface Shape {
    val area: Double
}

private data class Circle(val radius: Double) : Shape {
    override val area get() = 3.0 * radius * radius
}

private data class Box(val width: Double, val height: Double) : Shape {
    override val area get() = width * height
}

private data class Group(val parts: List<Shape>) : Shape {
    override val area get() = parts.sumOf { it.area }
}

private data object Nowhere : Shape {
    override val area = 0.0
}

private fun describe(shape: Shape): String = when (shape) {
    is Circle -> "circle ${shape.radius.toInt()}"
    is Box -> if (shape.width == shape.height) "square" else "box ${shape.width.toInt()}x${shape.height.toInt()}"
    is Group -> shape.parts.joinToString("+", "(", ")", limit = 3) { describe(it) }
    Nowhere -> "nowhere"
}

private sealed class Expression {
    abstract fun simplified(): Expression

    class Number(val value: Long) : Expression() {
        override fun simplified() = this
    }

    class Variable(val name: String) : Expression() {
        override fun simplified() = this
    }

    class Sum(val a: Expression, val b: Expression) : Expression() {
        override fun simplified(): Expression {
            val (a, b) = a.simplified() to b.simplified()
            return if (a is Number && b is Number) Number(a.value + b.value) else if (a is Number && a.value == 0L) b else Sum(a, b)
        }
    }

    class Product(val a: Expression, val b: Expression) : Expression() {
        override fun simplified(): Expression {
            val (a, b) = a.simplified() to b.simplified()
            return when {
                a is Number && b is Number -> Number(a.value * b.value)
                a is Number && a.value == 0L || b is Number && b.value == 0L -> Number(0)
                a is Number && a.value == 1L -> b
                else -> Product(a, b)
            }
        }
    }
}

private fun show(expression: Expression): String = when (expression) {
    is Expression.Number -> expression.value.toString()
    is Expression.Variable -> expression.name
    is Expression.Sum -> "(${show(expression.a)} + ${show(expression.b)})"
    is Expression.Product -> "${show(expression.a)} * ${show(expression.b)}"
}

private enum class Planet(val mass: Double) {
    Mercury(0.33), Venus(4.87), Earth(5.97) { override fun greeting() = "home" };

    open fun greeting() = name.lowercase()
}

private class Metres(val value: Int) {
    operator fun plus(other: Metres) = Metres(value + other.value)
    operator fun compareTo(other: Metres) = value.compareTo(other.value)
}

private interface Speaker {
    fun speak(): String
}

private class Loud(private val inner: Speaker) : Speaker by inner {
    fun shout() = speak().uppercase()
}

private class Stack<T : Comparable<T>> : Iterable<T> {
    private var top: Entry<T>? = null

    private class Entry<T>(val value: T, val next: Entry<T>?)

    operator fun plusAssign(value: T) {
        top = Entry(value, top)
    }

    override fun iterator() = iterator {
        var entry = top
        while (entry != null) {
            yield(entry.value)
            entry = entry.next
        }
    }
}

private val lazily by lazy { "made once" }

/** So many hundred shapes. */
fun shapes(size: Int) {
    val chance = Chance()
    fun shape(depth: Int): Shape = when (chance.next(if (depth > 3) 3 else 5)) {
        0 -> Circle(chance.next(10).toDouble())
        1 -> Box(chance.next(10).toDouble(), chance.next(10).toDouble())
        2 -> Nowhere
        else -> Group(List(chance.next(4) + 1) { shape(depth + 1) })
    }
    val all = List(size * 100) { shape(0) }
    println("area ${all.sumOf { it.area }.toLong()} ${all.groupingBy { it::class.simpleName }.eachCount().toList().sortedBy { it.first }}")
    println("described ${all.take(6).map(::describe)} ${all.joinToString { describe(it) }.hashCode()} ${all.toSet().size}")

    fun expression(depth: Int): Expression = when (chance.next(if (depth > 5) 2 else 6)) {
        0 -> Expression.Number(chance.next(3).toLong())
        1 -> Expression.Variable("xyz"[chance.next(3)].toString())
        2, 3 -> Expression.Sum(expression(depth + 1), expression(depth + 1))
        else -> Expression.Product(expression(depth + 1), expression(depth + 1))
    }
    val shown = List(size * 20) { show(expression(0).simplified()) }
    println("expressions ${shown.sumOf { it.length }} ${shown.hashCode()} ${shown.filter { it.length in 8..20 }.take(2)}")
    println("planets ${Planet.entries.map { it.greeting() }} ${Planet.valueOf("Venus").mass} ${Planet.Earth > Planet.Venus}")
    println("metres ${(Metres(3) + Metres(4)).value} ${Metres(3) < Metres(4)} $lazily")
    println(Loud(object : Speaker { override fun speak() = "quiet" }).shout())
    val stack = Stack<String>()
    var pushed = 0
    listOf("a", "c", "b").forEach { stack += it; pushed++ }
    println("stack ${stack.toList()} ${stack.max()} $pushed")
    val composed = (1..size).map { n -> { x: Long -> x * n % 1_000_003 } }.reduce { f, g -> { x -> g(f(x)) } }
    println("composed ${composed(7)}")
}
