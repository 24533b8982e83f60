declare const brand: unique symbol;

/**
 * A number or string that is only assignable to itself: mixing an IRQ number with a vector is *the* bug of
 * this field, and the compiler can see it. Costs nothing at run time.
 */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
