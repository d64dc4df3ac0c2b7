// Each of FastAPI's types is Postern's: a value of one is a value of the other; but an answer may have members that FastAPI's
// does not have. Compiled beside both documents' types.
import type * as fastapi from './fastapi/api.js';
import type * as postern from './postern/api.js';

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
type Wanted<Name extends PropertyKey, Where> = Name extends keyof Where ? Where[Name] : never;
type EachSame<A, B> = { [Name in keyof A]: Same<A[Name], Wanted<Name, B>> };
type Fits<A, B> = [A] extends [B] ? true : false;
type EachFits<A, B> = { [Name in keyof B]: Fits<Wanted<Name, A>, B[Name]> };
type Good<Operations> = {
  [Name in keyof Operations]: Operations[Name] extends { responses: infer Responses } ? Pick<Responses, Extract<keyof Responses, 200 | 201 | 422>> : never;
};
type Bodies<Operations> = { [Name in keyof Operations]: Operations[Name] extends { requestBody?: infer Body } ? Body : never };

// An error names the type that differs.
function every<_Types extends Record<string, true>>(): void {}

type Longer = 'TokenResponse';

every<EachSame<Omit<fastapi.components['schemas'], Longer>, postern.components['schemas']>>();
every<EachFits<postern.components['schemas'], Pick<fastapi.components['schemas'], Longer>>>();
every<EachFits<Good<postern.operations>, Good<fastapi.operations>>>();
every<EachSame<Bodies<fastapi.operations>, Bodies<postern.operations>>>();
every<{ [Path in keyof fastapi.paths]: Path extends keyof postern.paths ? true : false }>();
every<{ [Name in keyof fastapi.operations]: Name extends keyof postern.operations ? true : false }>();
