import type { FastifySchemaValidationError } from 'fastify';

/**
 * What is wrong with a part of a request, with what would do where that is a list.
 * @param part `body`, `querystring`, `params` or `headers`
 */
export function describeRefusal(errors: FastifySchemaValidationError[], part: string): Error {
  const [error] = errors;
  if (error === undefined) return new Error(`the ${part} is not as it should be`);
  const { instancePath, message = 'is not as it should be', params } = error;
  const { allowedValues, additionalProperty } = params;
  const detail = Array.isArray(allowedValues)
    ? `: ${allowedValues.join(', ')}`
    : typeof additionalProperty === 'string'
      ? `: ${additionalProperty}`
      : '';
  return new Error(`${part}${instancePath} ${message}${detail}`);
}
