// An evaluator of expressions: virtual functions, templates, references counted.
#include <cstdio>
#include <memory>
#include <vector>

struct Node {
  virtual ~Node() = default;
  virtual double value(double x) const = 0;
  virtual std::shared_ptr<Node> derived() const = 0;
};
using P = std::shared_ptr<Node>;
struct Number : Node {
  double number;
  Number(double n) : number(n) {}
  double value(double) const override { return number; }
  P derived() const override { return std::make_shared<Number>(0); }
};
struct Variable : Node {
  double value(double x) const override { return x; }
  P derived() const override { return std::make_shared<Number>(1); }
};
struct Sum : Node {
  P a, b;
  Sum(P a, P b) : a(a), b(b) {}
  double value(double x) const override { return a->value(x) + b->value(x); }
  P derived() const override { return std::make_shared<Sum>(a->derived(), b->derived()); }
};
struct Product : Node {
  P a, b;
  Product(P a, P b) : a(a), b(b) {}
  double value(double x) const override { return a->value(x) * b->value(x); }
  P derived() const override { return std::make_shared<Sum>(std::make_shared<Product>(a->derived(), b), std::make_shared<Product>(a, b->derived())); }
};

int main() {
  P polynomial = std::make_shared<Number>(1);
  for (int i = 1; i < 12; i++) polynomial = std::make_shared<Sum>(std::make_shared<Product>(polynomial, std::make_shared<Variable>()), std::make_shared<Number>(i % 5 - 2));
  for (int order = 0; order < 4; order++) {
    double sum = 0;
    for (int i = 0; i < 600; i++) sum += polynomial->value(i / 600.0);
    printf("%d %.9g\n", order, sum);
    polynomial = polynomial->derived();
  }
}
