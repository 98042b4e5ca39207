// floating-point ROUNDS: planets round a sun (multiplications, additions, square roots, divisions)
// and a polynomial by fused steps, in double precision.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { BODIES = 5 };

struct Body {
  double place[3];
  double speed[3];
  double mass;
};

static struct Body bodies[BODIES];

static void pull(struct Body *one, struct Body *other, double step) {
  double apart[3];
  double square = 0.01;
  for (int axis = 0; axis < 3; axis++) {
    apart[axis] = one->place[axis] - other->place[axis];
    square += apart[axis] * apart[axis];
  }
  double strength = step / (square * sqrt(square));
  for (int axis = 0; axis < 3; axis++) {
    one->speed[axis] -= apart[axis] * other->mass * strength;
    other->speed[axis] += apart[axis] * one->mass * strength;
  }
}

static void advance(double step) {
  for (int i = 0; i < BODIES; i++)
    for (int j = i + 1; j < BODIES; j++) pull(&bodies[i], &bodies[j], step);
  for (int i = 0; i < BODIES; i++)
    for (int axis = 0; axis < 3; axis++)
      bodies[i].place[axis] += step * bodies[i].speed[axis];
}

int main(int argc, char **argv) {
  long rounds = argc > 1 ? atol(argv[1]) : 1;
  double sum = 0;
  for (int i = 0; i < BODIES; i++) {
    bodies[i].mass = i == 0 ? 40 : 0.01 * i;
    bodies[i].place[0] = i * 1.5;
    bodies[i].place[2] = i * 0.1;
    bodies[i].speed[1] = i == 0 ? 0 : sqrt(40 / (i * 1.5));
  }
  for (long round = 0; round < rounds; round++) {
    advance(0.001);
    sum = fma(sum, 0.999, bodies[round % BODIES].place[0]);
  }
  printf("%a\n", sum);
}
