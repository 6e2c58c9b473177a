// Digits of pi, and powers modulo a prime, in big integers.
package main

import (
	"fmt"
	"math/big"
)

func main() {
	// Machin's formula.
	unity := new(big.Int).Exp(big.NewInt(10), big.NewInt(2500), nil)
	arctan := func(x int64) *big.Int {
		sum, power := new(big.Int), new(big.Int).Div(unity, big.NewInt(x))
		square := big.NewInt(x * x)
		for n := int64(1); power.Sign() != 0; n += 2 {
			term := new(big.Int).Div(power, big.NewInt(n))
			if n%4 == 1 {
				sum.Add(sum, term)
			} else {
				sum.Sub(sum, term)
			}
			power.Div(power, square)
		}
		return sum
	}
	pi := new(big.Int).Mul(arctan(5), big.NewInt(16))
	fmt.Println(pi.Sub(pi, new(big.Int).Mul(arctan(239), big.NewInt(4))))
	prime := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 521), big.NewInt(1))
	fmt.Println(prime.ProbablyPrime(4), new(big.Int).Exp(big.NewInt(3), unity.Rsh(unity, 5000), prime))
}
