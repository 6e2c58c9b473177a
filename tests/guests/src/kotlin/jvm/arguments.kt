/** The program's arguments, its name left out. */
fun arguments(given: Array<String>): List<String> = given.toList()
