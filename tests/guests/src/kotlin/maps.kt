// Collections: lists, maps of several kinds, sets, sorting, grouping, deques, and arrays of numbers.

private data class Person(val name: String, val age: Int, val city: String)

/** So many hundred entries. */
fun maps(size: Int) {
    val count = size * 100
    val chance = Chance()
    val cities = listOf("Aachen", "Bergen", "Cork", "Delft", "Évora")
    val people = List(count) { Person("p" + it.toString(36), chance.next(90), cities[chance.next(cities.size)]) }

    val byCity = people.groupBy { it.city }.mapValues { (_, all) -> all.sumOf { it.age } }.toList().sortedBy { it.first }
    println("ages $byCity")
    val (young, old) = people.partition { it.age < 30 }
    println("young ${young.size} old ${old.size} ${young.minByOrNull { it.age }} ${old.maxWithOrNull(compareBy({ it.age }, { it.name }))}")
    val sorted = people.sortedWith(compareBy<Person> { it.age }.thenByDescending { it.name })
    println("sorted ${sorted.take(3)} ${sorted.map { it.name }.hashCode()}")

    val counts = HashMap<String, Int>()
    for (person in people) for (letter in person.name) counts[letter.toString()] = (counts[letter.toString()] ?: 0) + 1
    println("letters ${counts.entries.sortedByDescending { it.value * 1000 + it.key[0].code }.take(5).map { "${it.key}=${it.value}" }}")

    val linked = LinkedHashMap<Int, Long>()
    for (i in 0 until count) linked[(i * 7919) % 1009] = i.toLong() * i
    val iterator = linked.entries.iterator()
    while (iterator.hasNext()) if (iterator.next().value % 3 == 0L) iterator.remove()
    println("linked ${linked.size} ${linked.entries.fold(17L) { sum, (key, value) -> sum * 31 + key * value }}")

    val sets = people.map { it.age }.toSet().intersect((10..20).toSet()) union setOf(1000)
    println("set ${sets.sorted()}")
    val deque = ArrayDeque<Int>()
    repeat(count) { if (it % 3 == 2) deque.removeFirst() else deque.addLast(it) }
    println("deque ${deque.size} ${deque.first()} ${deque.last()}")

    val numbers = IntArray(count) { chance.next(100_000) }
    numbers.sort()
    println("numbers ${numbers[0]} ${numbers[count / 2]} ${numbers[count - 1]} ${numbers.asList().binarySearch(numbers[count / 3]) >= 0}")
    val doubles = DoubleArray(count) { 1.0 / (it + 1) }
    println("doubles ${(doubles.sum() * 1e6).toLong()}")
    val bytes = ByteArray(count) { (it * 37).toByte() }
    println("bytes ${bytes.fold(0) { sum, byte -> sum * 31 + byte }} ${bytes.copyOfRange(1, 5).toList()}")
    val table = Array(20) { row -> ShortArray(20) { (row * it * 321).toShort() } }
    println("table ${table.sumOf { row -> row.sumOf { it.toInt() } }}")
    println("windows ${numbers.toList().windowed(5, 3).count { it.last() - it.first() < 10 }} ${people.chunked(7).size} ${people.zipWithNext { a, b -> a.age - b.age }.sum()}")
}
