import { argumentsOf, calledName, operatorOf, textOf } from '../syntax/expressions.ts';
import { childOf, type SyntaxNode } from '../syntax/node.ts';

/** What is known of a value. Negative is what the kernel returns on failure; undefined is anything. */
export type Known = 'zero' | 'negative' | 'nonzero' | undefined;

/** What the asker knows of an expression; undefined where nothing. */
export type Knowledge = (node: SyntaxNode) => Known;

/** Functions whose result is zero where their argument is. */
const SAME_AS_ARGUMENT =
  /^(?:likely|unlikely|READ_ONCE|WARN_ON|WARN_ON_ONCE|IS_ERR|IS_ERR_VALUE|atomic_read|refcount_read|smp_load_acquire|le32_to_cpu|be32_to_cpu|READ_ONCE_NOCHECK)$/;

/** Evaluates an expression with what is known; side effects do not matter. */
export function evaluate(text: string, node: SyntaxNode, know: Knowledge): Known {
  const told = know(node);
  if (told !== undefined) return told;
  switch (node.kind) {
    case 'parenthesized_expression':
      return only(text, node.children[0], know);
    case 'cast_expression':
      return only(text, childOf(node, 'value'), know);
    case 'null':
    case 'false':
      return 'zero';
    case 'true':
      return 'nonzero';
    case 'number_literal':
      // A literal with a minus is one literal to the grammar.
      if (text[node.start] === '-') return 'negative';
      return /^0(?:x0+)?[uUlL]*$/.test(textOf(text, node)) ? 'zero' : 'nonzero';
    case 'assignment_expression':
      return assigned(text, node, know);
    case 'comma_expression':
      return only(text, childOf(node, 'right'), know);
    case 'unary_expression':
      return unary(operatorOf(text, node), only(text, childOf(node, 'argument'), know));
    case 'conditional_expression':
      return conditional(text, node, know);
    case 'call_expression':
      return call(text, node, know);
    case 'pointer_expression':
      return undefined;
    case 'binary_expression': {
      const left = only(text, childOf(node, 'left'), know);
      const right = only(text, childOf(node, 'right'), know);
      return binary(operatorOf(text, node), left, right);
    }
    default:
      return undefined;
  }
}

/** The value of `x = y`, and of `x &= y` where y is zero. */
function assigned(text: string, node: SyntaxNode, know: Knowledge): Known {
  const operator = operatorOf(text, node);
  const right = only(text, childOf(node, 'right'), know);
  if (operator === '=') return right;
  return operator === '&=' && right === 'zero' ? 'zero' : undefined;
}

function only(text: string, node: SyntaxNode | undefined, know: Knowledge): Known {
  return node === undefined ? undefined : evaluate(text, node, know);
}

function truth(yes: boolean): Known {
  return yes ? 'nonzero' : 'zero';
}

function unary(operator: string, value: Known): Known {
  if (value === undefined) return undefined;
  if (operator === '!') return truth(value === 'zero');
  if (operator === '-') return value === 'zero' ? 'zero' : value === 'nonzero' ? 'negative' : 'nonzero';
  return undefined;
}

function conditional(text: string, node: SyntaxNode, know: Knowledge): Known {
  const condition = only(text, childOf(node, 'condition'), know);
  if (condition !== undefined)
    return only(text, childOf(node, condition === 'zero' ? 'alternative' : 'consequence'), know);
  const yes = only(text, childOf(node, 'consequence'), know);
  return yes === only(text, childOf(node, 'alternative'), know) ? yes : undefined;
}

function call(text: string, node: SyntaxNode, know: Knowledge): Known {
  const name = calledName(text, node);
  const [first, second] = argumentsOf(node);
  if (name === undefined) return undefined;
  // test_bit(NR, &word): no bit is set in a word that is zero.
  if (/^(?:__)?test_(?:and_clear_)?bit$/.test(name)) return zeroBehind(text, second, know);
  if (/^(?:atomic|refcount|atomic64)_read$/.test(name)) return zeroBehind(text, first, know);
  if (name === 'IS_ERR_OR_NULL') {
    const value = only(text, first, know);
    return value === 'zero' || value === 'negative' ? 'nonzero' : undefined;
  }
  if (SAME_AS_ARGUMENT.test(name)) return only(text, first, know);
  return undefined;
}

function zeroBehind(text: string, pointer: SyntaxNode | undefined, know: Knowledge): Known {
  const object = pointer?.kind === 'pointer_expression' ? pointer.children[0] : pointer;
  return only(text, object, know) === 'zero' ? 'zero' : undefined;
}

function binary(operator: string, left: Known, right: Known): Known {
  const zeros = left === 'zero' && right === 'zero';
  switch (operator) {
    case '&&':
      if (left === 'zero' || right === 'zero') return 'zero';
      return left !== undefined && right !== undefined ? 'nonzero' : undefined;
    case '||':
      if (left === 'nonzero' || left === 'negative' || right === 'nonzero' || right === 'negative')
        return 'nonzero';
      return zeros ? 'zero' : undefined;
    case '==':
    case '!=': {
      if (zeros) return truth(operator === '==');
      const differ = (left === 'zero' && right !== undefined) || (right === 'zero' && left !== undefined);
      return differ ? truth(operator === '!=') : undefined;
    }
    case '<':
      if (right !== 'zero') return undefined;
      return left === undefined || left === 'nonzero' ? undefined : truth(left === 'negative');
    case '>=':
      if (right !== 'zero') return undefined;
      return left === undefined || left === 'nonzero' ? undefined : truth(left !== 'negative');
    case '>':
      return right === 'zero' && (left === 'zero' || left === 'negative') ? 'zero' : undefined;
    case '<=':
      return right === 'zero' && (left === 'zero' || left === 'negative') ? 'nonzero' : undefined;
    case '&':
    case '*':
      return left === 'zero' || right === 'zero' ? 'zero' : undefined;
    case '|':
    case '+':
      return zeros ? 'zero' : undefined;
    case '<<':
    case '>>':
    case '/':
    case '%':
      return left === 'zero' ? 'zero' : undefined;
    default:
      return undefined;
  }
}
