// C++ with its standard library: virtual calls, templates, containers, sorting,
// smart pointers, and objects built before main and destroyed after it.
#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

namespace {

struct Noisy {
    const char *name;
    explicit Noisy(const char *n) : name(n) { std::printf("build %s\n", name); }
    ~Noisy() { std::printf("destroy %s\n", name); }
};

Noisy before_main("global");

class Shape {
public:
    virtual ~Shape() = default;
    virtual double area() const = 0;
    virtual std::string name() const = 0;
};

class Circle : public Shape {
    double radius;

public:
    explicit Circle(double r) : radius(r) {}
    double area() const override { return 3.14159265358979 * radius * radius; }
    std::string name() const override { return "circle"; }
};

class Box : public Shape {
protected:
    double width, height;

public:
    Box(double w, double h) : width(w), height(h) {}
    double area() const override { return width * height; }
    std::string name() const override { return width == height ? "square" : "box"; }
};

template <typename T> T largest(const std::vector<T> &items) {
    return *std::max_element(items.begin(), items.end());
}

} // namespace

int main(int argc, char **argv) {
    Noisy local("local");

    std::vector<std::unique_ptr<Shape>> shapes;
    for (int i = 1; i <= 4; i++) {
        shapes.push_back(std::make_unique<Circle>(i * 0.5));
        shapes.push_back(std::make_unique<Box>(i, 5 - i));
    }
    shapes.push_back(std::make_unique<Box>(2, 2));
    std::stable_sort(shapes.begin(), shapes.end(),
                     [](const auto &a, const auto &b) { return a->area() < b->area(); });
    for (const auto &shape : shapes)
        std::printf("%-7s %.4f\n", shape->name().c_str(), shape->area());

    std::map<std::string, int> tally;
    for (const auto &shape : shapes)
        tally[shape->name()]++;
    for (int i = 1; i < argc; i++)
        tally[std::string("argument ") + argv[i]]++;
    for (const auto &[name, count] : tally)
        std::printf("%s: %d\n", name.c_str(), count);

    std::vector<int> numbers(100);
    std::iota(numbers.begin(), numbers.end(), 1);
    std::printf("sum %d, largest %d, text %s\n",
                std::accumulate(numbers.begin(), numbers.end(), 0), largest(numbers),
                largest<std::string>({"wasm", "guest", "zebra", "apple"}).c_str());
    return 0;
}
